//! Descriptions of interfaces and of data.

pub(super) mod graphql;
pub(super) mod openapi;
pub(super) mod prisma;
pub(super) mod proto;
