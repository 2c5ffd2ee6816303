//! Whom insights are about: segments, customers and tags, each a name with a page that serves before a
//! meeting. They are created on the way by whoever shares.

pub mod store;
