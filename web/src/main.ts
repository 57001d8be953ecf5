import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';

const target = document.getElementById('app')!;
// A screen of its own: no map runs on it, and its script is fetched with it only.
if (location.pathname === '/report') void import('./report/ReportScreen.svelte').then(({ default: ReportScreen }) => mount(ReportScreen, { target }));
else mount(App, { target });
