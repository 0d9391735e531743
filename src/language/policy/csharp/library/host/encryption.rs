//! `Encrypt` and `Decrypt` of `byte[]`: AES in CBC mode with PKCS #7 padding, the defaults of .NET's
//! `SymmetricAlgorithm` objects, which is what the extensions are documented to use.

use aes::cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::text;
use super::super::arrays;

const BLOCK: usize = 16;

type Block = [u8; BLOCK];

enum Cipher {
    Aes128(Aes128),
    Aes192(Aes192),
    Aes256(Aes256),
}

impl Cipher {
    fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Aes128::new_from_slice(key).ok().map(Self::Aes128),
            24 => Aes192::new_from_slice(key).ok().map(Self::Aes192),
            32 => Aes256::new_from_slice(key).ok().map(Self::Aes256),
            _ => None,
        }
    }

    fn encrypt(&self, block: Block) -> Block {
        let mut block = Array::from(block);
        match self {
            Self::Aes128(cipher) => cipher.encrypt_block(&mut block),
            Self::Aes192(cipher) => cipher.encrypt_block(&mut block),
            Self::Aes256(cipher) => cipher.encrypt_block(&mut block),
        }
        block.into()
    }

    fn decrypt(&self, block: Block) -> Block {
        let mut block = Array::from(block);
        match self {
            Self::Aes128(cipher) => cipher.decrypt_block(&mut block),
            Self::Aes192(cipher) => cipher.decrypt_block(&mut block),
            Self::Aes256(cipher) => cipher.decrypt_block(&mut block),
        }
        block.into()
    }
}

pub(super) fn encrypt(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (plain, cipher, iv) = prepare(machine, call)?;
    arrays::byte_array(machine, &encrypt_cbc(&cipher, iv, &plain))
}

pub(super) fn decrypt(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (encrypted, cipher, iv) = prepare(machine, call)?;
    if !encrypted.len().is_multiple_of(BLOCK) {
        return Err(broken("The input data is not a complete block."));
    }
    let plain = decrypt_cbc(&cipher, iv, &encrypted)
        .ok_or_else(|| broken("Padding is invalid and cannot be removed."))?;
    arrays::byte_array(machine, &plain)
}

fn broken(message: &'static str) -> Fault {
    Fault::new(Class::CryptographicException, message)
}

fn prepare(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<(Vec<u8>, Cipher, Block), Fault> {
    let input = arrays::bytes(machine, call.get(0))?;
    let algorithm = text(call, 1, "alg")?;
    let name = algorithm.rsplit('.').next().unwrap_or_default();
    if !["aes", "aesmanaged", "aescryptoserviceprovider", "rijndael", "rijndaelmanaged"]
        .contains(&name.to_ascii_lowercase().as_str())
    {
        return Err(Fault::unsupported(format_args!("the algorithm `{algorithm}`")));
    }
    let key = arrays::bytes(machine, call.get(2))?;
    let cipher =
        Cipher::new(&key).ok_or_else(|| broken("Specified key is not a valid size for this algorithm."))?;
    let iv = arrays::bytes(machine, call.get(3))?;
    let iv = Block::try_from(iv.as_slice()).map_err(|_| {
        broken("Specified initialization vector (IV) does not match the block size for this algorithm.")
    })?;
    machine.spend(input.len() as u64)?;
    Ok((input, cipher, iv))
}

fn xor(mut a: Block, b: &Block) -> Block {
    a.iter_mut().zip(b).for_each(|(a, b)| *a ^= b);
    a
}

fn encrypt_cbc(cipher: &Cipher, iv: Block, plain: &[u8]) -> Vec<u8> {
    let missing = BLOCK.saturating_sub(plain.len() % BLOCK);
    let mut padded = plain.to_vec();
    padded.extend(std::iter::repeat_n(u8::try_from(missing).unwrap_or(0), missing));
    let mut previous = iv;
    let mut encrypted = Vec::with_capacity(padded.len());
    for block in padded.chunks_exact(BLOCK) {
        let block = Block::try_from(block).unwrap_or_default();
        previous = cipher.encrypt(xor(block, &previous));
        encrypted.extend(previous);
    }
    encrypted
}

fn decrypt_cbc(cipher: &Cipher, iv: Block, encrypted: &[u8]) -> Option<Vec<u8>> {
    let mut previous = iv;
    let mut plain = Vec::with_capacity(encrypted.len());
    for block in encrypted.chunks_exact(BLOCK) {
        let block = Block::try_from(block).ok()?;
        plain.extend(xor(cipher.decrypt(block), &previous));
        previous = block;
    }
    let Some(last) = plain.last().copied() else { return Some(plain) };
    let padding = usize::from(last);
    let kept = plain.len().checked_sub(padding)?;
    let is_padding = plain.iter().skip(kept).all(|byte| *byte == last);
    if padding == 0 || padding > BLOCK || !is_padding {
        return None;
    }
    plain.truncate(kept);
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let pair = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        (0..hex.len()).step_by(2).filter_map(pair).collect()
    }

    #[test]
    fn first_block_is_that_of_nist_sp_800_38a() {
        // F.2.1 and F.2.5: CBC-AES128 and CBC-AES256, first block.
        let iv = Block::try_from(bytes("000102030405060708090a0b0c0d0e0f").as_slice()).unwrap();
        let plain = bytes("6bc1bee22e409f96e93d7e117393172a");
        let cases = [
            ("2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            (
                "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd6",
            ),
        ];
        for (key, expected) in cases {
            let cipher = Cipher::new(&bytes(key)).unwrap();
            let encrypted = encrypt_cbc(&cipher, iv, &plain);
            assert_eq!(encrypted[..16], bytes(expected)[..]);
            assert_eq!(encrypted.len(), 32);
            assert_eq!(decrypt_cbc(&cipher, iv, &encrypted), Some(plain.clone()));
            assert_eq!(decrypt_cbc(&cipher, iv, &encrypted[..16]), None);
        }
    }
}
