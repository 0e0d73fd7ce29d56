//! A tar archive (POSIX ustar), as LXD reads images.

/// The size of a block.
const BLOCK: usize = 512;

/// An archive in the making.
#[derive(Debug, Default)]
pub(super) struct Tar(Vec<u8>);

/// What an entry is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    File,
    Link,
    Directory,
}

impl Tar {
    /// Adds a directory.
    pub(super) fn directory(&mut self, path: &str) {
        self.header(path, (Kind::Directory, 0o755), (0, ""));
    }

    /// Adds a file with this mode.
    pub(super) fn file(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.header(path, (Kind::File, mode), (content.len(), ""));
        self.0.extend(content);
        let rest = content.len().next_multiple_of(BLOCK) - content.len();
        self.0.extend(std::iter::repeat_n(0, rest));
    }

    /// Adds a symbolic link.
    pub(super) fn link(&mut self, path: &str, target: &str) {
        self.header(path, (Kind::Link, 0o777), (0, target));
    }

    /// The whole archive: two empty blocks end it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.extend([0; 2 * BLOCK]);
        self.0
    }

    fn header(&mut self, path: &str, (kind, mode): (Kind, u32), (size, target): (usize, &str)) {
        let flag = match kind {
            Kind::File => b"0",
            Kind::Link => b"2",
            Kind::Directory => b"5",
        };
        let front = [
            padded(path.as_bytes(), 100),
            octal(u64::from(mode), 8),
            octal(0, 8),
            octal(0, 8),
            octal(u64::try_from(size).unwrap_or(u64::MAX), 12),
            octal(0, 12),
        ]
        .concat();
        let back = [
            flag.to_vec(),
            padded(target.as_bytes(), 100),
            b"ustar\x0000".to_vec(),
            padded(b"root", 32),
            padded(b"root", 32),
        ]
        .concat();
        // The sum is taken as if its own field were blank.
        let blank = [b' '; 8];
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let sum = sum(&front) + sum(&blank) + sum(&back);
        let whole = [front, padded(format!("{sum:06o}\0 ").as_bytes(), 8), back].concat();
        self.0.extend(padded(&whole, BLOCK));
    }
}

/// `bytes` in a field of `width`; what does not fit is cut.
fn padded(bytes: &[u8], width: usize) -> Vec<u8> {
    let filled = bytes.iter().copied().chain(std::iter::repeat(0));
    filled.take(width).collect()
}

/// A number in a field of `width`, with a NUL at its end.
fn octal(number: u64, width: usize) -> Vec<u8> {
    let digits = width.saturating_sub(1);
    padded(format!("{number:0digits$o}").as_bytes(), width)
}
