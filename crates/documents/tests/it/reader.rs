//! PDFs as other programs read them.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// A PDF in a directory of its own.
pub(crate) struct Reader {
    directory: TempDir,
    file: PathBuf,
}

impl Reader {
    pub(crate) fn of(pdf: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("invoice.pdf");
        std::fs::File::create(&file).unwrap().write_all(pdf).unwrap();
        Self { directory, file }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.directory.path());
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{program} can't be started ({error}): `cargo xtask test` installs it"));
        let errors = String::from_utf8_lossy(&output.stderr);
        // 4 is zbar's word for "no bar code".
        let found_nothing = program == "zbarimg" && output.status.code() == Some(4);
        assert!(output.status.success() || found_nothing, "{program}: {errors}");
        // Poppler goes on with what it complains of. What it says of `Suspects` is a mistake of its own up to 22.12: ISO 32000-1
        // table 321 has a boolean there.
        let mut complaints = errors.lines().filter(|line| !line.contains("Suspects object is wrong type (boolean)"));
        assert!(program == "zbarimg" || complaints.next().is_none(), "{program}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn name(&self) -> &str {
        self.file.file_name().and_then(|name| name.to_str()).unwrap()
    }

    /// The text of each page as it is laid out, with single spaces between words and without empty lines.
    pub(crate) fn pages(&self) -> Vec<String> {
        let text = self.run("pdftotext", &["-layout", "-enc", "UTF-8", self.name(), "-"]);
        text.trim_end_matches('\u{c}').split('\u{c}').map(tidy).collect()
    }

    /// All text, as [`Reader::pages`].
    pub(crate) fn text(&self) -> String {
        self.pages().join("\n")
    }

    /// All text in the order of the file, in which it is read aloud too.
    pub(crate) fn raw(&self) -> String {
        tidy(&self.run("pdftotext", &["-raw", "-nopgbrk", "-enc", "UTF-8", self.name(), "-"]))
    }

    pub(crate) fn info(&self) -> String {
        self.run("pdfinfo", &[self.name()])
    }

    /// The parts of the document with their texts, as a screen reader has them.
    pub(crate) fn structure(&self) -> String {
        self.run("pdfinfo", &["-struct-text", self.name()])
    }

    pub(crate) fn metadata(&self) -> String {
        self.run("pdfinfo", &["-meta", self.name()])
    }

    pub(crate) fn fonts(&self) -> String {
        self.run("pdffonts", &[self.name()])
    }

    /// Whether qpdf finds nothing wrong with the file.
    pub(crate) fn check(&self) {
        self.run("qpdf", &["--check", self.name()]);
    }

    /// What zbar reads on the last page.
    pub(crate) fn bar_codes(&self) -> Vec<String> {
        let pages = self.pages().len().to_string();
        self.run("pdftoppm", &["-r", "300", "-gray", "-png", "-singlefile", "-f", &pages, self.name(), "page"]);
        let output = self.run("zbarimg", &["--quiet", "--raw", "-Sdisable", "-Scode128.enable", "page.png"]);
        output.lines().map(str::to_owned).collect()
    }

    /// The boxes of the words of each page in points: left, top, right, bottom, and the word.
    pub(crate) fn boxes(&self) -> Vec<Vec<([f32; 4], String)>> {
        let text = self.run("pdftotext", &["-bbox", "-enc", "UTF-8", self.name(), "-"]);
        let mut pages = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with("<page ") {
                pages.push(Vec::new());
            } else if let Some(rest) = line.strip_prefix("<word ") {
                let (attributes, word) = rest.split_once('>').unwrap();
                let numbers: Vec<f32> =
                    attributes.split('"').skip(1).step_by(2).map(|number| number.parse().unwrap()).collect();
                let word = word.trim_end_matches("</word>").to_owned();
                pages.last_mut().unwrap().push((numbers.try_into().unwrap(), word));
            }
        }
        pages
    }
}

/// The lines that say something, with single spaces between words.
fn tidy(text: &str) -> String {
    let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(line).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
