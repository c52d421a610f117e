//! The table of breaks.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

/// All breaks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// One after the other, neighbours in one package where possible: it is built once for both.
    #[serde(rename = "mutation")]
    pub mutations: Vec<Mutation>,
}

/// One break, and who notices.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutation {
    /// Its name, unique in the table.
    pub name: String,
    /// What is broken, in words for people.
    pub breaks: String,
    /// The file, from the workspace's root.
    pub file: String,
    /// What stands there, exactly once.
    pub find: String,
    /// What stands there instead.
    pub replace: String,
    /// What else must change for it, here or elsewhere.
    #[serde(default)]
    pub also: Vec<Edit>,
    /// The package whose test notices.
    pub package: String,
    /// The test program: `lib`, or the name of one in `tests/`.
    pub program: String,
    /// The test, by its full path in the program.
    pub test: String,
}

/// A change to one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The file, from the workspace's root.
    pub file: String,
    /// What stands there, exactly once.
    pub find: String,
    /// What stands there instead.
    pub replace: String,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The row.
    pub mutation: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.mutation, self.what)
    }
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} is no table of mutations", path.display()))
    }

    /// Rows that cannot be carried out on this tree: what they look for is not there exactly once, their test does not
    /// exist, or their name is taken.
    pub fn defects(&self, root: &Path) -> Vec<Defect> {
        let mut names = BTreeSet::new();
        let wrong = |mutation: &Mutation, what: String| Defect { mutation: mutation.name.clone(), what };
        let mut defects = Vec::new();
        for mutation in &self.mutations {
            if !names.insert(&mutation.name) {
                defects.push(wrong(mutation, "the name is taken".to_owned()));
            }
            if let Err(error) = mutation.applied(root) {
                defects.push(wrong(mutation, format!("{error:#}")));
            }
            if !mutation.has_test(root) {
                let what = format!("crates/{} has no test {}", mutation.package, mutation.test);
                defects.push(wrong(mutation, what));
            }
        }
        defects
    }
}

impl Mutation {
    /// The files that it changes, with the text that they have then.
    ///
    /// # Errors
    /// When something that it looks for is not there exactly once, or would not change.
    pub fn applied(&self, root: &Path) -> Result<BTreeMap<String, String>> {
        let main = Edit { file: self.file.clone(), find: self.find.clone(), replace: self.replace.clone() };
        let mut files = BTreeMap::new();
        for Edit { file, find, replace } in std::iter::once(&main).chain(&self.also) {
            let text = match files.remove(file) {
                Some(changed) => changed,
                None => fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))?,
            };
            let found = text.matches(find).count();
            anyhow::ensure!(found == 1, "what it looks for is {found} times in {file}: {find}");
            anyhow::ensure!(find != replace, "it changes nothing in {file}");
            files.insert(file.clone(), text.replacen(find, replace, 1));
        }
        Ok(files)
    }

    /// Whether some source of its package has a function of the test's name.
    fn has_test(&self, root: &Path) -> bool {
        let name = self.test.rsplit("::").next().unwrap_or(&self.test);
        let (package, head) = (root.join("crates").join(&self.package), format!("fn {name}("));
        let folders = match self.program.as_str() {
            "lib" => vec![package.join("src")],
            // A program may take modules in from the folder beside its own.
            _ => vec![package.join("tests")],
        };
        folders.iter().any(|folder| somewhere_below(folder, &head))
    }
}

/// Whether a text is in some Rust source below a folder.
fn somewhere_below(folder: &Path, text: &str) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            somewhere_below(&path, text)
        } else {
            path.extension().is_some_and(|is| is == "rs")
                && fs::read_to_string(&path).is_ok_and(|source| source.contains(text))
        }
    })
}
