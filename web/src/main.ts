import { mount } from 'svelte';
import './app.css';
import App from './App.svelte';

const target = document.getElementById('app')!;
// Screens of their own, whose scripts are fetched with them only.
if (location.pathname === '/report') void import('./report/ReportScreen.svelte').then(({ default: ReportScreen }) => mount(ReportScreen, { target }));
else if (location.pathname === '/parcels') void import('./parcels/ParcelsScreen.svelte').then(({ default: ParcelsScreen }) => mount(ParcelsScreen, { target }));
else mount(App, { target });
