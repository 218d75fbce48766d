//! Pieces that follow each other in a file, gathered to be written at once.

/// The most bytes that are gathered: as many as the VFS of Unix writes at once, whose own pieces are 64 KiB at most (`seekAndWriteFd`).
const ROOM: usize = (128 << 10) - 1;

/// The bytes before each page of the log (<https://www.sqlite.org/fileformat2.html#wal_file_format>, section 4.1).
const FRAME_HEADER: usize = 24;

/// What was to be written and has not been.
#[derive(Default)]
pub(crate) struct Gathered {
    /// Where in the file it begins.
    at: u64,
    bytes: Vec<u8>,
    /// Where the last piece ended, written or not.
    end: Option<u64>,
    /// Whether the next piece is the last page of a commit.
    ends_commit: bool,
}

impl Gathered {
    /// Takes a piece to be written at `at`. What can't wait is written by `write`, which is told what and where; when that fails, what was
    /// gathered stays so, and this piece is not taken.
    ///
    /// What does not follow the piece before it is written at once: SQLite writes heads of frames anew where checksums have changed, and the
    /// last of them may be all that a commit still lacks.
    pub(crate) fn take<E>(
        &mut self,
        piece: &[u8],
        at: u64,
        mut write: impl FnMut(&[u8], u64) -> Result<(), E>,
    ) -> Result<(), E> {
        let follows = self.end == Some(at);
        if !follows || self.bytes.len() + piece.len() > ROOM {
            self.write_out(&mut write)?;
        }
        if !follows {
            self.end = None;
            write(piece, at)?;
            self.ends_commit = ends_commit(piece);
            self.end = Some(end(at, piece));
            return Ok(());
        }
        if self.bytes.is_empty() {
            self.at = at;
        }
        let before = self.bytes.len();
        self.bytes.extend_from_slice(piece);
        if std::mem::replace(&mut self.ends_commit, ends_commit(piece)) {
            // Others may look for the commit as soon as this is done, synced or not.
            self.write_out(&mut write).inspect_err(|_| self.bytes.truncate(before))?;
        }
        self.end = Some(end(at, piece));
        Ok(())
    }

    /// Has what was gathered written.
    pub(crate) fn write_out<E>(&mut self, mut write: impl FnMut(&[u8], u64) -> Result<(), E>) -> Result<(), E> {
        if !self.bytes.is_empty() {
            write(&self.bytes, self.at)?;
            self.bytes.clear();
        }
        Ok(())
    }

    /// Forgets what was gathered of a transaction that has ended without a commit: from now on others may write in its place.
    pub(crate) fn forget(&mut self) {
        self.ends_commit = false;
        if !self.bytes.is_empty() {
            self.bytes.clear();
            self.end = None;
        }
    }
}

fn end(at: u64, piece: &[u8]) -> u64 {
    at.saturating_add(piece.len() as u64)
}

/// Whether a piece is the head of the last frame of a commit: that tells of how many pages the database has then.
fn ends_commit(piece: &[u8]) -> bool {
    piece.len() == FRAME_HEADER && piece.get(4..8) != Some(&[0; 4])
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn put(file: &mut Vec<u8>, bytes: &[u8], at: u64) -> Result<(), Infallible> {
        let at = usize::try_from(at).unwrap();
        file.resize(file.len().max(at + bytes.len()), 0);
        file[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn note(written: &mut Vec<(u64, usize)>, bytes: &[u8], at: u64) -> Result<(), Infallible> {
        written.push((at, bytes.len()));
        Ok(())
    }

    const COMMIT: [u8; FRAME_HEADER] = [1; FRAME_HEADER];
    const FRAME: [u8; FRAME_HEADER] = [0; FRAME_HEADER];

    proptest! {
        #[test]
        fn a_file_comes_to_the_same(pieces in prop::collection::vec((0..3_usize, 0..40_u64, any::<u8>(), any::<bool>()), 0..60)) {
            let (mut gathered, mut direct, mut through) = (Gathered::default(), Vec::new(), Vec::new());
            let mut end = 0;
            for (size, back, byte, is_next) in pieces {
                let piece = vec![byte; [FRAME_HEADER, 512, 1 << 16][size]];
                let at = if is_next { end } else { end / 40 * back };
                end = at + piece.len() as u64;
                put(&mut direct, &piece, at).unwrap();
                gathered.take(&piece, at, |bytes, at| put(&mut through, bytes, at)).unwrap();
            }
            gathered.write_out(|bytes, at| put(&mut through, bytes, at)).unwrap();
            prop_assert_eq!(through, direct);
        }
    }

    #[test]
    fn a_commit_goes_out_at_once_and_whole() {
        let (mut gathered, mut written) = (Gathered::default(), Vec::new());
        let mut at = 0;
        for piece in [&[1; 32][..], &FRAME, &[2; 512], &COMMIT, &[3; 512], &COMMIT, &[4; 512]] {
            gathered.take(piece, at, |bytes, at| note(&mut written, bytes, at)).unwrap();
            at += piece.len() as u64;
        }
        assert_eq!(written, [(0, 32), (32, 2 * (24 + 512)), (32 + 2 * (24 + 512), 24 + 512)]);
    }

    #[test]
    fn what_is_written_anew_goes_out_at_once() {
        let (mut gathered, mut written) = (Gathered::default(), Vec::new());
        for (piece, at) in [(&[1; 32][..], 0), (&FRAME, 32), (&[2; 512], 56), (&COMMIT, 32)] {
            gathered.take(piece, at, |bytes, at| note(&mut written, bytes, at)).unwrap();
        }
        assert_eq!(written, [(0, 32), (32, 24 + 512), (32, 24)], "a head, and no page behind it");
    }

    #[test]
    fn what_could_not_be_written_is_tried_again() {
        let mut gathered = Gathered::default();
        assert_eq!(gathered.take(&[1; 512], 0, |_, _| Err(())), Err(()), "the first");
        gathered.take(&[1; 512], 0, |_, _| Ok::<_, ()>(())).unwrap();
        gathered.take(&[1; 512], 512, |_, _| Err(())).unwrap();
        gathered.take(&COMMIT, 1024, |_, _| Err(())).unwrap();
        assert_eq!(gathered.take(&[2; 512], 1048, |_, _| Err(())), Err(()), "the end of a commit");
        assert_eq!(gathered.take(&[3; 512], 0, |_, _| Err(())), Err(()), "does not follow");
        let mut file = Vec::new();
        gathered.write_out(|bytes, at| put(&mut file, bytes, at)).unwrap();
        assert_eq!((file.len(), file[512], file[1024]), (1048, 1, 1));
    }

    #[test]
    fn what_was_not_committed_is_forgotten() {
        let (mut gathered, mut written) = (Gathered::default(), Vec::new());
        for (piece, at) in [(&[1; 32][..], 0), (&FRAME, 32), (&[2; 512], 56), (&COMMIT, 568)] {
            gathered.take(piece, at, |bytes, at| note(&mut written, bytes, at)).unwrap();
        }
        gathered.forget();
        gathered.take(&FRAME, 592, |bytes, at| note(&mut written, bytes, at)).unwrap();
        gathered.write_out(|bytes, at| note(&mut written, bytes, at)).unwrap();
        assert_eq!(written, [(0, 32), (592, 24)]);
    }

    #[test]
    fn more_than_there_is_room_for_goes_out_by_parts() {
        let (mut gathered, mut written) = (Gathered::default(), Vec::new());
        for part in 0..33 {
            let at = part * 4096;
            gathered.take(&[7; 4096], at, |bytes, at| note(&mut written, bytes, at)).unwrap();
        }
        assert_eq!(written, [(0, 4096), (4096, ROOM / 4096 * 4096)]);
    }
}
