//! The single integration binary; one module per resource.

mod data;
