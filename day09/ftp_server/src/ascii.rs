//! TYPE A: lines end with CR LF on the way, and with LF in a file (RFC 959, 3.1.1.1).

/// File to network: LF becomes CR LF; a CR LF that is there stays one.
///
/// ```
/// let mut out = Vec::new();
/// ftp_server::ascii::ToNetwork::default().convert(b"a\nb\r\nc", &mut out);
/// assert_eq!(out, b"a\r\nb\r\nc");
/// ```
#[derive(Debug, Default)]
pub struct ToNetwork {
    after_cr: bool,
}

impl ToNetwork {
    /// Adds the next chunk, converted, to `out`.
    pub fn convert(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        for &byte in chunk {
            if byte == b'\n' && !self.after_cr {
                out.push(b'\r');
            }
            out.push(byte);
            self.after_cr = byte == b'\r';
        }
    }
}

/// Network to file: CR LF becomes LF; a CR or LF alone stays what it is.
///
/// ```
/// let (mut file, mut out) = (ftp_server::ascii::ToFile::default(), Vec::new());
/// file.convert(b"a\r", &mut out);
/// file.convert(b"\nb\rc\r", &mut out);
/// file.finish(&mut out);
/// assert_eq!(out, b"a\nb\rc\r");
/// ```
#[derive(Debug, Default)]
pub struct ToFile {
    /// The last chunk ended with a CR that is still to be written, unless an LF comes first.
    held_cr: bool,
}

impl ToFile {
    /// Adds the next chunk, converted, to `out`.
    pub fn convert(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        for &byte in chunk {
            if std::mem::take(&mut self.held_cr) && byte != b'\n' {
                out.push(b'\r');
            }
            match byte {
                b'\r' => self.held_cr = true,
                _ => out.push(byte),
            }
        }
    }

    /// Adds what was held back at the end of the last chunk.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.held_cr) {
            out.push(b'\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_comes_back_however_it_is_cut(
            text in "[ab\n]{0,60}",
            cut in 0_usize..60,
        ) {
            let (mut network, mut file) = (Vec::new(), Vec::new());
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let mut to_network = ToNetwork::default();
            to_network.convert(a, &mut network);
            to_network.convert(b, &mut network);
            prop_assert_eq!(&network, &text.replace('\n', "\r\n").into_bytes());
            let mut to_file = ToFile::default();
            for byte in &network {
                to_file.convert(&[*byte], &mut file);
            }
            to_file.finish(&mut file);
            prop_assert_eq!(file, text.into_bytes());
        }
    }
}
