//! What is run: a model's shapes, the slice of one rank, storage types, and where the tokens go.

mod config;
mod load;
mod model;
mod placement;
mod presets;
mod random;
mod routing;
mod slice;
mod trace;

pub use load::Load;
pub use model::{Attention, Indexer, Model, Scoring};
pub use placement::Placement;
pub use presets::presets;
pub use routing::Routing;
pub use slice::{Precision, Slice};
pub use trace::Trace;
