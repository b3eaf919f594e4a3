//! What runs on a platform, and the pipelines that bring it there.

pub(super) mod chalice;
pub(super) mod cloudformation;
pub(super) mod pipelines;
pub(super) mod platforms;
pub(super) mod serverless;
pub(super) mod terraform;
pub(super) mod wrangler;
