//! The wall from inside and outside, with the kernel's walk and with ours.

use std::fs;
use std::io::{ErrorKind, Read, Write as _};
use std::os::unix::fs::symlink;

use super::*;

/// A tree with a secret beside it: every test asks for the secret in its own way.
fn tree() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    fs::create_dir_all(root.join("sub/deep")).unwrap();
    fs::write(dir.path().join("secret"), "SECRET").unwrap();
    fs::write(root.join("hello.txt"), "hello").unwrap();
    fs::write(root.join("sub/page"), "page").unwrap();
    symlink("../secret", root.join("out")).unwrap();
    symlink("/etc", root.join("etc")).unwrap();
    symlink("sub/../hello.txt", root.join("in")).unwrap();
    symlink("in-a-circle", root.join("in-a-circle")).unwrap();
    symlink("nothing", root.join("dangling")).unwrap();
    (dir, root)
}

fn by_hand(root: &Path) -> Folder {
    Folder { openat2: false, ..Folder::new(root).unwrap() }
}

fn read(folder: &Folder, name: &str) -> io::Result<String> {
    let mut text = String::new();
    folder.open(name)?.0.read_to_string(&mut text)?;
    Ok(text)
}

#[test]
fn plain_names_open_with_or_without_a_leading_slash() {
    let (_dir, root) = tree();
    for folder in [Folder::new(&root).unwrap(), by_hand(&root)] {
        assert_eq!(read(&folder, "hello.txt").unwrap(), "hello");
        assert_eq!(read(&folder, "/sub/./page").unwrap(), "page");
        assert_eq!(folder.metadata("/").unwrap().kind, Kind::Folder);
        assert_eq!(folder.metadata("sub").unwrap().kind, Kind::Folder);
        assert_eq!(folder.metadata("hello.txt").unwrap().len, 5);
        assert_eq!(read(&folder, "nothing").unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(read(&folder, "hello.txt/x").unwrap_err().kind(), ErrorKind::NotADirectory);
        assert!(read(&folder, "nul\0").is_err());
    }
}

#[test]
fn nothing_leads_out() {
    let (_dir, root) = tree();
    for folder in [Folder::new(&root).unwrap(), by_hand(&root)] {
        for name in
            ["../secret", "/../secret", "sub/../../secret", "out", "etc/passwd", "..", "etc"]
        {
            assert!(folder.open(name).is_err(), "{name} opened");
            assert!(folder.metadata(name).is_err(), "{name} has metadata");
            assert!(folder.list(name).is_err(), "{name} listed");
            assert!(folder.write(name, Write::Update).is_err(), "{name} opened for writing");
        }
        for name in ["../new", "etc/new", "sub/../../new"] {
            assert!(folder.write(name, Write::New).is_err(), "{name} made");
            assert!(folder.create_folder(name).is_err(), "{name} made");
            assert!(folder.rename("hello.txt", name).is_err(), "moved to {name}");
        }
        assert!(folder.remove_file("etc/passwd").is_err());
        assert!(folder.remove_folder("/").is_err());
        assert!(folder.rename("/", "x").is_err());
    }
    let kernel = Folder::new(&root).unwrap();
    assert_eq!(kernel.open("out").unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[test]
fn a_link_inside_is_followed_by_the_kernel_and_refused_by_hand() {
    let (_dir, root) = tree();
    assert_eq!(read(&Folder::new(&root).unwrap(), "in").unwrap(), "hello");
    let folder = by_hand(&root);
    assert!(folder.open("in").is_err());
    assert!(folder.metadata("in").is_err());
    symlink("sub", root.join("sub-link")).unwrap();
    assert!(folder.open("sub-link/page").is_err());
}

#[test]
fn a_listing_tells_what_each_name_stands_for() {
    let (_dir, root) = tree();
    nix::unistd::mkfifo(&root.join("pipe"), Mode::S_IRWXU).unwrap();
    let kinds = |folder: &Folder| {
        let mut all: Vec<_> = folder.list("/").unwrap();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.into_iter().map(|e| (e.name.into_string().unwrap(), e.meta.kind)).collect::<Vec<_>>()
    };
    let expected = |link| {
        [
            ("dangling", Kind::Link),
            ("etc", Kind::Link),
            ("hello.txt", Kind::File),
            ("in", link),
            ("in-a-circle", Kind::Link),
            ("out", Kind::Link),
            ("pipe", Kind::Other),
            ("sub", Kind::Folder),
        ]
        .map(|(name, kind)| (name.to_owned(), kind))
    };
    assert_eq!(kinds(&Folder::new(&root).unwrap()), expected(Kind::File));
    assert_eq!(kinds(&by_hand(&root)), expected(Kind::Link));
    assert!(Folder::new(&root).unwrap().list("hello.txt").is_err());
}

#[test]
fn a_pipe_does_not_hold_the_caller() {
    let (_dir, root) = tree();
    nix::unistd::mkfifo(&root.join("pipe"), Mode::S_IRWXU).unwrap();
    let (_file, meta) = Folder::new(&root).unwrap().open("pipe").unwrap();
    assert_eq!(meta.kind, Kind::Other);
}

#[test]
fn files_are_written_in_four_ways() {
    let (_dir, root) = tree();
    for folder in [Folder::new(&root).unwrap(), by_hand(&root)] {
        let put = |how, text: &str| folder.write("f", how)?.write_all(text.as_bytes());
        put(Write::New, "abc").unwrap();
        assert_eq!(put(Write::New, "x").unwrap_err().kind(), ErrorKind::AlreadyExists);
        put(Write::Append, "de").unwrap();
        assert_eq!(read(&folder, "f").unwrap(), "abcde");
        put(Write::Update, "A").unwrap();
        assert_eq!(read(&folder, "f").unwrap(), "Abcde");
        put(Write::Replace, "new").unwrap();
        assert_eq!(read(&folder, "f").unwrap(), "new");
        folder.remove_file("f").unwrap();
        assert!(!root.join("f").exists());
    }
}

#[test]
fn folders_are_made_renamed_and_removed() {
    let (_dir, root) = tree();
    for folder in [Folder::new(&root).unwrap(), by_hand(&root)] {
        folder.create_folder("sub/new").unwrap();
        assert_eq!(folder.create_folder("sub/new").unwrap_err().kind(), ErrorKind::AlreadyExists);
        folder.rename("sub/new", "moved").unwrap();
        assert!(root.join("moved").is_dir());
        assert_eq!(folder.remove_folder("sub").unwrap_err().kind(), ErrorKind::DirectoryNotEmpty);
        folder.remove_folder("moved").unwrap();
        assert!(!root.join("moved").exists());
        // Removing or renaming a link touches the link, never what it leads to.
        symlink("../secret", root.join("link")).unwrap();
        folder.rename("link", "link2").unwrap();
        folder.remove_file("link2").unwrap();
        assert!(root.join("../secret").exists());
    }
}

#[test]
fn the_dates_before_1970_are_dates_too() {
    let (_dir, root) = tree();
    let old = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
    File::options().write(true).open(root.join("hello.txt")).unwrap().set_modified(old).unwrap();
    assert_eq!(Folder::new(&root).unwrap().metadata("hello.txt").unwrap().modified, old);
}
