//! Packed traces.
//!
//! Rule: what is unpacked has the same bound as a file that is not packed, so that a small file cannot
//! fill the memory.

use std::borrow::Cow;
use std::io::{ErrorKind, Read as _};

use flate2::read::MultiGzDecoder;
use thiserror::Error;

/// Why a packed file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum GzipError {
    /// It ends before its content does.
    #[error("the gzip file is cut short")]
    CutShort,
    /// Something in it is not gzip, or its checksum does not fit.
    #[error("the gzip file is damaged")]
    Damaged,
    /// It holds more than the bound.
    #[error("the gzip file holds more than {0} bytes")]
    TooLong(u64),
}

const MAGIC: &[u8] = &[0x1f, 0x8b];

/// The content of a file that may be packed with gzip (several members in a row included): at most
/// `limit` bytes, and what was wrong after them.
pub fn unpack(bytes: &[u8], limit: u64) -> (Cow<'_, [u8]>, Option<GzipError>) {
    if !bytes.starts_with(MAGIC) {
        return (Cow::Borrowed(bytes), None);
    }
    let mut content = Vec::new();
    let outcome = MultiGzDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut content);
    let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let error = match outcome {
        Ok(_) if length > limit => {
            content.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            Some(GzipError::TooLong(limit))
        }
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Some(GzipError::CutShort),
        Err(_) => Some(GzipError::Damaged),
    };
    (Cow::Owned(content), error)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    const TEXT: &[u8] = b"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n";

    fn pack(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn packed_or_not_is_the_same() {
        assert_eq!(unpack(TEXT, 1_000), (Cow::Borrowed(TEXT), None));
        assert_eq!(unpack(&pack(TEXT), 1_000), (Cow::Borrowed(TEXT), None));
        let twice = [pack(b"a,"), pack(b"b")].concat();
        assert_eq!(unpack(&twice, 1_000).0.as_ref(), b"a,b");
    }

    #[test]
    fn damage_is_told_apart() {
        let packed = pack(TEXT);
        let (content, error) = unpack(&packed[..packed.len() - 9], 1_000);
        assert!(TEXT.starts_with(&content));
        assert_eq!(error, Some(GzipError::CutShort));
        let mut wrong = packed.clone();
        let checksum = wrong.len() - 6;
        wrong[checksum] ^= 1;
        assert_eq!(unpack(&wrong, 1_000).1, Some(GzipError::Damaged));
        assert_eq!(unpack(&packed[..2], 1_000).1, Some(GzipError::CutShort));
        let (content, error) = unpack(&packed, 5);
        assert_eq!((content.as_ref(), error), (&TEXT[..5], Some(GzipError::TooLong(5))));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes = [MAGIC, &[8, 0], &bytes].concat();
            prop_assert!(unpack(&bytes, 100).0.len() <= 100);
        }
    }
}
