//! Bodies that are sent, and bodies that are collected within a bound.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The error of a body: why it breaks off.
pub type BodyError = Box<dyn Error + Send + Sync>;

/// A body on its way out.
pub enum Outgoing {
    /// None.
    Empty,
    /// All of it at once.
    Whole(Bytes),
    /// As it comes.
    Streamed(Pin<Box<dyn Body<Data = Bytes, Error = BodyError> + Send>>),
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "Empty",
            Self::Whole(_) => "Whole",
            Self::Streamed(_) => "Streamed",
        })
    }
}

impl Outgoing {
    /// All of these bytes at once.
    pub fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        if bytes.is_empty() { Self::Empty } else { Self::Whole(bytes) }
    }

    /// A body that comes in parts.
    pub fn streamed(body: impl Body<Data = Bytes, Error = BodyError> + Send + 'static) -> Self {
        Self::Streamed(Box::pin(body))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Whole(_) => {
                let Self::Whole(bytes) = std::mem::replace(&mut *self, Self::Empty) else {
                    return Poll::Ready(None);
                };
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Streamed(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Whole(_) => false,
            Self::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Streamed(body) => body.size_hint(),
        }
    }
}

/// Whether a collected body failed because it was longer than its bound.
pub fn too_large(error: &BodyError) -> bool {
    error.is::<http_body_util::LengthLimitError>()
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Limited};

    use super::*;

    #[tokio::test]
    async fn bodies_tell_their_length_and_give_it() {
        for (body, length) in [(Outgoing::Empty, 0), (Outgoing::whole("abc"), 3), (Outgoing::whole(""), 0)] {
            assert_eq!(body.size_hint().exact(), Some(length));
            assert_eq!(body.collect().await.unwrap().to_bytes().len() as u64, length);
        }
        let streamed = Outgoing::streamed(Outgoing::whole("abcd"));
        assert_eq!(streamed.collect().await.unwrap().to_bytes(), "abcd");
    }

    #[tokio::test]
    async fn what_is_too_long_is_known_as_such() {
        let error = Limited::new(Outgoing::whole("abcd"), 3).collect().await.unwrap_err();
        assert!(too_large(&error));
    }
}
