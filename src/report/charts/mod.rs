//! Pictures of a run, and of several runs side by side: data in, bytes out.
//!
//! Rules
//! - A backend has the same colour in all pictures of a run (see `series`).
//! - Legends lie beside or below the data; texts never overlap; names that have no room lose their middle.
//! - What is summarised says so: bins, intervals and backends drawn as one are named in the picture.
//! - An SVG carries everything it needs and looks the same everywhere; SVG and PNG show the same scene.
//! - The same data gives the same bytes. Numbers that cannot be drawn are errors, never gaps.

mod axis;
mod breakers;
mod canvas;
mod comparison;
mod glyphs;
mod legend;
mod outline;
mod palette;
mod response_time;
mod scene;
mod series;
#[cfg(test)]
mod tests;
mod text;
mod traffic_share;
mod view;

use thiserror::Error;

pub use breakers::breakers;
pub use comparison::comparison;
pub use response_time::response_time;
pub use traffic_share::traffic_share;
pub use view::{RequestPoint, RunView, RunViewBuilder, VariantView};

/// A picture in both formats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// File stem, for example `response_time`.
    pub name: &'static str,
    /// A document of its own.
    pub svg: String,
    /// 8-bit RGB, about 1200 by 600 pixels.
    pub png: Vec<u8>,
}

/// Why a picture was not drawn.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ChartError {
    /// A number that has no place on an axis.
    #[error("cannot draw {what} `{value}`: expected a number from 0 to 10^12")]
    NotDrawable {
        /// Whose number.
        what: &'static str,
        /// The number.
        value: f64,
    },
    /// More of something than a picture can show.
    #[error("cannot draw {found} {what}: at most {most} fit")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// What fits.
        most: usize,
        /// What there is.
        found: usize,
    },
    /// A comparison of nothing.
    #[error("cannot compare: expected at least one variant")]
    NoVariants,
    /// Parts that are more than the whole.
    #[error("cannot draw variant `{variant}`: its shares add up to {sum}, expected at most 1")]
    Shares {
        /// Which variant.
        variant: String,
        /// Sum of its shares.
        sum: f64,
    },
    /// Drawing or encoding failed.
    #[error("cannot draw the picture: {0}")]
    Draw(String),
}
