//! stub
use std::borrow::Cow;
pub fn case_folded(t: &str) -> Cow<'_, str> { Cow::Owned(t.to_lowercase()) }
pub fn without_accents(t: &str) -> Cow<'_, str> { Cow::Borrowed(t) }
pub fn normalized(t: &str) -> Cow<'_, str> { Cow::Borrowed(t) }
