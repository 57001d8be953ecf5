//! How does a source become a layer?
//!
//! In: folders and files. Out: layers and the facts of the plan. Leaves out: requests.

pub mod plan;
