//! Which module a name means: the job's own modules first, then what the prelude has of Node and Puppeteer.
//!
//! The engine links depth first, the predecessor linked level by level; the log follows the predecessor, so the lines
//! are written for the whole tree of imports when the first of them is resolved.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use job_model::{Language, Level};

use crate::builtins::{self, Builtin};
use crate::log::Log;
use crate::resolution::{ModuleNames, is_relative, normal};
use crate::source::without_shebang;
use crate::surface::Surface;
use crate::typescript::{self, JavaScript, TypeScriptError};

/// The URL of the job's code.
pub(crate) const CODE_URL: &str = "file:///puppet-master/code";
/// The URL of a module, without its name.
pub(crate) const MODULE_URL: &str = "file:///puppet-master/module/";

/// What the names of modules begin with that stand for something else: a CommonJS file, a file of JSON, a built-in. No
/// line of theirs is an author's.
pub(crate) const COMMON_JS: &str = "commonjs:";
pub(crate) const JSON: &str = "json:";
pub(crate) const BUILTIN: &str = "builtin:";

/// What a name means.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// One of the prelude's modules.
    Builtin(Builtin),
    /// One of the job's, by its name there.
    Own(String),
}

/// What kind of file a module of the job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Module,
    CommonJs,
    Json,
}

/// One of the job's modules.
struct Module {
    /// Its text as the job has it.
    source: String,
    /// The same without types, when its name says TypeScript; read when somebody asks for it.
    java_script: OnceCell<Result<JavaScript, TypeScriptError>>,
}

/// The job's code.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// Its text as the job has it.
    pub(crate) source: String,
    /// The same without types, when it is TypeScript.
    pub(crate) java_script: Option<JavaScript>,
}

/// The names of one job.
pub(crate) struct Links {
    /// Whether the job is a whole script: the run's own flag, which the first built-in module sets.
    whole: Rc<Cell<bool>>,
    code: Code,
    code_imports: Vec<String>,
    modules: BTreeMap<String, Module>,
    /// What the reading of one module's TypeScript may hold, in bytes.
    memory_bytes: usize,
    names: OnceCell<ModuleNames>,
    surfaces: RefCell<HashMap<String, Rc<Surface>>>,
    linked: RefCell<HashSet<String>>,
    /// Something takes more of them than that they run: see [`Links::kind`].
    bound: RefCell<HashSet<String>>,
}

impl Links {
    pub(crate) fn new(
        whole: Rc<Cell<bool>>,
        code: Code,
        surface: &Surface,
        modules: BTreeMap<String, String>,
        memory_bytes: usize,
    ) -> Rc<Self> {
        let module = |(name, source)| (name, Module { source, java_script: OnceCell::new() });
        let links = Self {
            whole,
            code,
            code_imports: surface.imported(),
            modules: modules.into_iter().map(module).collect(),
            memory_bytes,
            names: OnceCell::new(),
            surfaces: RefCell::default(),
            linked: RefCell::default(),
            bound: RefCell::default(),
        };
        let whole = surface.exports || surface.is_common_js() || links.builtins(surface).next().is_some();
        links.whole.set(whole);
        links.note_bound(CODE_URL, surface);
        Rc::new(links)
    }

    /// The built-in modules that the code and what it imports name, each once.
    pub(crate) fn all_builtins(&self, code: &Surface) -> Vec<Builtin> {
        let mut found: Vec<Builtin> = self.builtins(code).collect();
        let mut known = HashSet::new();
        let mut open: Vec<(String, String)> =
            code.specifiers().map(|name| (CODE_URL.to_owned(), name.to_owned())).collect();
        while let Some((base, name)) = open.pop() {
            let Some(Target::Own(name)) = self.find(&base, &name) else { continue };
            if !known.insert(name.clone()) {
                continue;
            }
            let surface = self.surface(&name);
            found.extend(self.builtins(&surface));
            let url = format!("{MODULE_URL}{name}");
            open.extend(surface.specifiers().map(|name| (url.clone(), name.to_owned())));
        }
        let mut urls = HashSet::new();
        found.retain(|builtin| urls.insert(builtin.url));
        found
    }

    /// Every module's text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        self.modules.values().map(|module| &module.source)
    }

    /// The built-in modules that a text names and the job does not have itself.
    pub(crate) fn builtins<'a>(&'a self, surface: &'a Surface) -> impl Iterator<Item = Builtin> + 'a {
        surface.specifiers().filter(|name| !self.modules.contains_key(*name)).filter_map(builtins::find)
    }

    /// What the text of a module shows; read once.
    pub(crate) fn surface(&self, name: &str) -> Rc<Surface> {
        if let Some(known) = self.surfaces.borrow().get(name) {
            return Rc::clone(known);
        }
        let surface = Rc::new(Surface::of(self.text(name).unwrap_or_default()));
        self.surfaces.borrow_mut().insert(name.to_owned(), Rc::clone(&surface));
        self.note_bound(&format!("{MODULE_URL}{name}"), &surface);
        surface
    }

    /// The text of a module as the engine gets it; empty when it is TypeScript that cannot be read.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let module = self.modules.get(name)?;
        Some(match self.java_script(name) {
            None => &module.source,
            Some(Ok(java_script)) => &java_script.text,
            Some(Err(_)) => "",
        })
    }

    /// A module of TypeScript without its types; `None` for any other.
    pub(crate) fn java_script(&self, name: &str) -> Option<&Result<JavaScript, TypeScriptError>> {
        let module = self.modules.get(name).filter(|_| Language::of_file(name) == Language::Ts)?;
        let strip = || typescript::strip(&without_shebang(&module.source), self.memory_bytes);
        Some(module.java_script.get_or_init(strip))
    }

    /// The text of the file of this URL as the job has it.
    pub(crate) fn source_of(&self, url: &str) -> Option<&str> {
        match url.strip_prefix(MODULE_URL) {
            Some(name) => self.modules.get(name).map(|module| module.source.as_str()),
            None => (url == CODE_URL).then_some(self.code.source.as_str()),
        }
    }

    /// What the engine got in the place of a file whose lines are not the author's any more.
    pub(crate) fn rewritten(&self, url: &str) -> Option<&JavaScript> {
        let java_script = match url.strip_prefix(MODULE_URL) {
            Some(name) => self.java_script(name)?.as_ref().ok(),
            None => self.code.java_script.as_ref().filter(|_| url == CODE_URL),
        };
        java_script.filter(|java_script| java_script.is_rewritten())
    }

    fn note_bound(&self, base: &str, surface: &Surface) {
        let bound = surface.imports.iter().filter(|import| import.bound).map(|import| import.specifier.as_str());
        for name in bound.chain(surface.called.iter().map(String::as_str)) {
            if let Some(Target::Own(name)) = self.find(base, name) {
                self.bound.borrow_mut().insert(name);
            }
        }
    }

    /// What kind of file it is: by its extension, else by its text.
    ///
    /// A file that runs everywhere leaves a global when it finds no CommonJS, and the predecessor had none. So a job of the
    /// predecessor that imports nothing of it gets the global.
    pub(crate) fn kind(&self, name: &str) -> FileKind {
        let ends = |extensions: &[&str]| extensions.iter().any(|extension| name.ends_with(extension));
        if ends(&[".json"]) {
            FileKind::Json
        } else if ends(&[".cjs", ".cts"]) {
            FileKind::CommonJs
        } else if ends(&[".mjs", ".mts"]) || !self.surface(name).is_common_js_file() {
            FileKind::Module
        } else if self.whole.get() || self.bound.borrow().contains(name) {
            FileKind::CommonJs
        } else {
            FileKind::Module
        }
    }

    fn find(&self, base: &str, name: &str) -> Option<Target> {
        if self.modules.contains_key(name) {
            return Some(Target::Own(name.to_owned()));
        }
        if let Some(builtin) = builtins::find(name) {
            return Some(Target::Builtin(builtin));
        }
        let path = name.strip_prefix("file://").unwrap_or(name);
        let names = self.names.get_or_init(|| ModuleNames::of(self.modules.keys()));
        names.find(&folder_of(base), path, self.whole.get()).cloned().map(Target::Own)
    }

    /// What a name means where it is written.
    ///
    /// # Errors
    /// A sentence for the job's author.
    pub(crate) fn resolve(&self, base: &str, name: &str) -> Result<Target, String> {
        let found = self.find(base, name);
        if matches!(found, Some(Target::Builtin(_))) {
            self.whole.set(true);
        }
        found.ok_or_else(|| self.unresolved(base, name))
    }

    /// The predecessor's words for a name that means nothing, with more behind them where it had none.
    pub(crate) fn unresolved(&self, base: &str, name: &str) -> String {
        let plain = format!("Unable to resolve dependency: {name}");
        if let Some(instead) = builtins::instead_of(name) {
            return format!("{plain} ({instead})");
        }
        if !self.whole.get() {
            return plain;
        }
        let importer = base.strip_prefix(MODULE_URL).map_or_else(|| "the code".to_owned(), |name| format!("{name:?}"));
        let available = self.modules.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let available = if available.is_empty() { "none".to_owned() } else { available };
        let advice = if is_relative(name) { String::new() } else { bundle_advice(name) };
        format!("{plain} (imported by {importer}; modules of the job: {available}{advice})")
    }

    /// Writes the lines for an import that is resolved for the first time; the code's own imports come all at once.
    pub(crate) fn link(&self, log: &Log, base: &str, name: &str) -> Result<(), String> {
        if base == CODE_URL && self.linked.borrow_mut().insert(CODE_URL.to_owned()) {
            self.link_level(log, base, self.code_imports.clone())?;
        }
        match self.find(base, name) {
            Some(Target::Builtin(_)) => return Ok(()),
            Some(Target::Own(name)) if self.linked.borrow().contains(&format!("{MODULE_URL}{name}")) => return Ok(()),
            _ => {}
        }
        self.link_level(log, base, vec![name.to_owned()])
    }

    /// Writes a line per import, then those of the imported modules, level by level. Each importer is visited once. A
    /// name that is missing does not keep the others from their lines; the first one is the error.
    fn link_level(&self, log: &Log, base: &str, imports: Vec<String>) -> Result<(), String> {
        let available = self.modules.keys().map(String::as_str).collect::<Vec<_>>().join(",");
        let mut levels = VecDeque::from([(base.to_owned(), imports)]);
        let mut missing = None;
        while let Some((base, imports)) = levels.pop_front() {
            for import in imports {
                let target = self.resolve(&base, &import);
                if matches!(target, Ok(Target::Builtin(_))) {
                    continue;
                }
                let line = format!("Linking module {import} to undefined (Available: {available})");
                log.write(Level::Debug, line);
                match target {
                    Err(error) => drop(missing.get_or_insert(error)),
                    Ok(Target::Builtin(_)) => {}
                    Ok(Target::Own(name)) => {
                        let url = format!("{MODULE_URL}{name}");
                        if self.linked.borrow_mut().insert(url.clone()) {
                            levels.push_back((url, self.surface(&name).imported()));
                        }
                    }
                }
            }
        }
        missing.map_or(Ok(()), Err)
    }
}

/// What to do with a package of npm.
fn bundle_advice(name: &str) -> String {
    let file = format!("{}.cjs", name.trim_start_matches('@').replace('/', "-"));
    format!(
        "; a package of npm comes with the job as a module, bundled to one file: npm install {name} && npx esbuild {name} \
         --bundle --platform=node --format=cjs --outfile={file}, then --module {name}={file}, or its text as {name:?} in `modules`"
    )
}

/// The folder of an importer, as seen from the job's.
fn folder_of(base: &str) -> String {
    let name = normal(base.strip_prefix(COMMON_JS).unwrap_or(base).strip_prefix(MODULE_URL).unwrap_or_default());
    name.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// Where a whole script sees the file of this URL. Its folder is the root of all paths: every path is a name of a file of the
/// job.
pub(crate) fn path_of(url: &str) -> String {
    url.strip_prefix(MODULE_URL).map_or_else(|| "/code".to_owned(), |name| format!("/{}", normal(name)))
}
