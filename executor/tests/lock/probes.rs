//! The ways out that are tried, in the slot process itself.

use std::fs;
use std::io;
use std::net::{TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::process::Command;

use executor::protocol::SlotSettings;
use libc::c_long;
use serde::{Deserialize, Serialize};

/// What to try, and what there is outside. It comes to the slot as its only extra argument.
#[derive(Serialize, Deserialize)]
pub(crate) struct Probe {
    /// `all`, or the name of one of [`DEADLY`].
    pub(crate) what: String,
    /// With a socket, `slot-0/secret` and the job's folder.
    pub(crate) folder: PathBuf,
    pub(crate) port: u16,
    pub(crate) hidden_socket: String,
    pub(crate) parent: i32,
    pub(crate) neighbour: i32,
    /// Device and number of the file with certificate authorities, which a slot may read.
    pub(crate) authorities: Option<(u64, u64)>,
}

/// What came of it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) tried: usize,
    /// The ways that led out.
    pub(crate) reached: Vec<String>,
    /// What a slot needs, and does not have.
    pub(crate) broken: Vec<String>,
}

/// Each ends the slot.
pub(crate) const DEADLY: &[(&str, c_long)] = &[
    ("execve", libc::SYS_execve),
    ("execveat", libc::SYS_execveat),
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("bpf", libc::SYS_bpf),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("keyctl", libc::SYS_keyctl),
    ("add_key", libc::SYS_add_key),
    ("mount", libc::SYS_mount),
    ("chroot", libc::SYS_chroot),
    ("unshare", libc::SYS_unshare),
    ("setns", libc::SYS_setns),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
];

pub(crate) fn run(settings: &SlotSettings) -> String {
    let probe: Probe = serde_json::from_str(&settings.extra_args[0]).unwrap();
    if let Some((name, number)) = DEADLY.iter().find(|(name, _)| *name == probe.what) {
        let answer = call(*number, [0; 6]);
        return format!("{name} gave {answer:?}, and the slot lives");
    }
    let mut report = Report::default();
    let mut attempt = |name: &str, outcome: io::Result<()>| {
        report.tried += 1;
        if outcome.is_ok() {
            report.reached.push(name.to_owned());
        }
    };
    files(&probe, &mut attempt);
    network(&probe, &mut attempt);
    processes(&probe, &mut attempt);
    kernel(&mut attempt);
    own_limits(&mut attempt);
    report.broken = needs(settings).err().into_iter().collect();
    serde_json::to_string(&report).unwrap()
}

type Attempt<'a> = &'a mut dyn FnMut(&str, io::Result<()>);

fn files(probe: &Probe, attempt: Attempt<'_>) {
    let run_dir = probe.folder.join("slot-0");
    let (files, secret) = (run_dir.join("files"), run_dir.join("secret"));
    for path in [
        "/etc/passwd".into(),
        "/etc/hostname".into(),
        secret.clone(),
        files.join("../secret"),
        format!("/proc/{}/mem", probe.parent).into(),
        format!("/proc/{}/environ", probe.parent).into(),
        format!("/proc/{}/cmdline", probe.parent).into(),
        format!("/proc/{}/environ", probe.neighbour).into(),
        "/proc/self/environ".into(),
        "/proc/self/maps".into(),
        "/proc/self/mem".into(),
        "/proc/self/exe".into(),
        "/dev/null".into(),
        "/dev/urandom".into(),
    ] {
        let path: PathBuf = path;
        attempt(&format!("read {}", path.display()), fs::File::open(&path).map(drop));
        let mut writes = fs::OpenOptions::new();
        attempt(&format!("write {}", path.display()), writes.write(true).open(&path).map(drop));
    }
    for path in ["/", "/proc", "/tmp", "/home"].map(PathBuf::from).iter().chain([&run_dir, &probe.folder]) {
        attempt(&format!("list {}", path.display()), fs::read_dir(path).map(drop));
    }
    for path in ["/tmp/puppet-lock", "/dev/shm/puppet-lock"].map(PathBuf::from).iter().chain([&run_dir.join("new")]) {
        attempt(&format!("make {}", path.display()), fs::write(path, "x"));
        attempt(&format!("make the folder {}", path.display()), fs::create_dir(path));
    }
    attempt("remove the secret", fs::remove_file(&secret));
    attempt("take the secret in", fs::rename(&secret, files.join("secret")));
    attempt("link the secret", fs::hard_link(&secret, files.join("link")));
    attempt("make a link out", std::os::unix::fs::symlink("/etc/passwd", files.join("passwd")));
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    attempt("change rights", fs::set_permissions(&secret, open));
    attempt("change an owner", std::os::unix::fs::chown(&secret, Some(65_534), None));
    let path = std::ffi::CString::new(secret.to_str().unwrap()).unwrap();
    let path = path.as_ptr() as usize;
    let at = libc::AT_FDCWD.cast_unsigned() as usize;
    attempt("cut the secret", call(libc::SYS_truncate, [path, 0, 0, 0, 0, 0]));
    attempt("change a time", call(libc::SYS_utimensat, [at, path, 0, 0, 0, 0]));
    attempt("make a device", call(libc::SYS_mknodat, [at, path, libc::S_IFIFO as usize | 0o600, 0, 0, 0]));
    attempt("watch the secret", call(libc::SYS_inotify_init1, [0; 6]));
    attempt("another working folder", std::env::set_current_dir("/"));
    attempt("find others' descriptors", foreign_descriptor(probe));
    // The memory of recordings has its size for ever.
    attempt("let the recording grow", call(libc::SYS_ftruncate, [RECORDING as usize, 1 << 40, 0, 0, 0, 0]));
    attempt("cut the recording", call(libc::SYS_ftruncate, [RECORDING as usize, 0, 0, 0, 0, 0]));
    attempt("write behind the recording", call(libc::SYS_pwrite64, [RECORDING as usize, path, 1, 1 << 40, 0, 0]));
}

/// The descriptor of the memory of recordings.
const RECORDING: i32 = 4;

/// Succeeds when a descriptor is open that is not a pipe, a socket of this machine's, the recordings' memory, the file of
/// certificate authorities, to be read only, or the runtime's own.
fn foreign_descriptor(probe: &Probe) -> io::Result<()> {
    for number in (0..1024).filter(|number| *number != libc::STDERR_FILENO) {
        // SAFETY: all bytes of it may be zero, and the call writes no more than it.
        let (mut facts, found) = unsafe {
            let mut facts: libc::stat = std::mem::zeroed();
            let found = libc::fstat(number, &raw mut facts) == 0;
            (facts, found)
        };
        let (mut domain, mut length) = (0_i32, 4_u32);
        // SAFETY: the buffer is four bytes long, as the length says.
        let is_socket = unsafe {
            libc::getsockopt(number, libc::SOL_SOCKET, libc::SO_DOMAIN, (&raw mut domain).cast(), &raw mut length) == 0
        };
        // A file in memory has no name.
        let is_recording = number == RECORDING && facts.st_nlink == 0;
        facts.st_mode &= libc::S_IFMT;
        // SAFETY: it asks for the flags of a number that may be a descriptor.
        let is_read_only = unsafe { libc::fcntl(number, libc::F_GETFL) } & libc::O_ACCMODE == libc::O_RDONLY;
        let is_authorities = is_read_only && probe.authorities == Some((facts.st_dev, facts.st_ino));
        let is_file =
            found && !is_recording && !is_authorities && ![libc::S_IFIFO, libc::S_IFSOCK, 0].contains(&facts.st_mode);
        if is_file || (is_socket && domain != libc::AF_UNIX) {
            return Ok(());
        }
    }
    Err(io::Error::other("there is none"))
}

fn network(probe: &Probe, attempt: Attempt<'_>) {
    attempt("connect over TCP", TcpStream::connect(("127.0.0.1", probe.port)).map(drop));
    attempt("listen on TCP", std::net::TcpListener::bind("127.0.0.1:0").map(drop));
    attempt("send over UDP", UdpSocket::bind("127.0.0.1:0").map(drop));
    attempt("connect to a socket's file", UnixStream::connect(probe.folder.join("socket")).map(drop));
    let hidden = SocketAddr::from_abstract_name(&probe.hidden_socket).unwrap();
    attempt("connect to an abstract socket", UnixStream::connect_addr(&hidden).map(drop));
    attempt("make a pair of sockets", UnixStream::pair().map(drop));
    for (name, family, kind) in [
        ("netlink", libc::AF_NETLINK, libc::SOCK_RAW),
        ("packets", libc::AF_PACKET, libc::SOCK_RAW),
        ("raw", libc::AF_INET, libc::SOCK_RAW),
        ("vsock", libc::AF_VSOCK, libc::SOCK_STREAM),
        ("the kernel's ciphers", libc::AF_ALG, libc::SOCK_SEQPACKET),
    ] {
        let socket = call(libc::SYS_socket, [family as usize, kind as usize, 0, 0, 0, 0]);
        attempt(&format!("a socket: {name}"), socket);
    }
    // Those that are there cannot lead elsewhere.
    let address = libc::sockaddr_in {
        sin_family: libc::sa_family_t::try_from(libc::AF_INET).unwrap(),
        sin_port: probe.port.to_be(),
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes([127, 0, 0, 1]) },
        sin_zero: [0; 8],
    };
    let (at, size) = (&raw const address as usize, size_of_val(&address));
    for descriptor in 3..12 {
        attempt("connect an open descriptor", call(libc::SYS_connect, [descriptor, at, size, 0, 0, 0]));
    }
}

fn processes(probe: &Probe, attempt: Attempt<'_>) {
    attempt("run a program", Command::new("/bin/true").spawn().map(drop));
    // SAFETY: the child, if there is one, ends at once.
    let fork = |number: c_long, flags: i32| unsafe {
        let child = libc::syscall(number, flags, 0, 0, 0, 0);
        if child == 0 {
            libc::_exit(0);
        }
        if child < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    };
    attempt("clone a process", fork(libc::SYS_clone, libc::SIGCHLD));
    attempt("clone into another user's place", fork(libc::SYS_clone, libc::SIGCHLD | libc::CLONE_NEWUSER));
    #[cfg(target_arch = "x86_64")]
    attempt("fork", fork(libc::SYS_fork, 0));
    let arguments = [0_u64, 0, 0, 0, u64::from(libc::SIGCHLD.cast_unsigned()), 0, 0, 0];
    let clone3 = call(libc::SYS_clone3, [arguments.as_ptr() as usize, size_of_val(&arguments), 0, 0, 0, 0]);
    attempt("clone a process by its newer call", clone3);
    for (name, id) in [("the parent", probe.parent as usize), ("a neighbour", probe.neighbour as usize)] {
        for (way, answer) in [
            ("signal", call(libc::SYS_kill, [id, 0, 0, 0, 0, 0])),
            ("signal a thread of", call(libc::SYS_tgkill, [id, id, 0, 0, 0, 0])),
            ("signal the thread", call(libc::SYS_tkill, [id, 0, 0, 0, 0, 0])),
            ("queue a signal to", call(libc::SYS_rt_sigqueueinfo, [id, 0, 0, 0, 0, 0])),
            ("hold", call(libc::SYS_pidfd_open, [id, 0, 0, 0, 0, 0])),
            ("limit", call(libc::SYS_prlimit64, [id, libc::RLIMIT_CORE as usize, 0, 0, 0, 0])),
            ("slow down", call(libc::SYS_setpriority, [0, id, 19, 0, 0, 0])),
            ("bind", call(libc::SYS_sched_setaffinity, [id, 8, &raw const probe.port as usize, 0, 0, 0])),
            ("compare with", call(libc::SYS_kcmp, [id, id, 0, 0, 0, 0])),
        ] {
            attempt(&format!("{way} {name}"), answer);
        }
    }
    attempt("signal the whole group", call(libc::SYS_kill, [0, 0, 0, 0, 0, 0]));
}

fn kernel(attempt: Attempt<'_>) {
    let name = c"probe".as_ptr() as usize;
    let (mut ends, action) = ([0_i32; 2], libc::SECCOMP_RET_ALLOW);
    for (what, number, arguments) in [
        ("a file of memory", libc::SYS_memfd_create, [name, 0, 0, 0, 0, 0]),
        ("another user", libc::SYS_setuid, [0; 6]),
        ("another group", libc::SYS_setgid, [0; 6]),
        ("another session", libc::SYS_setsid, [0; 6]),
        ("another personality", libc::SYS_personality, [0; 6]),
        ("shared memory", libc::SYS_shmget, [0, 4096, 0o1600, 0, 0, 0]),
        ("a queue of messages", libc::SYS_msgget, [0, 0o1600, 0, 0, 0, 0]),
        ("a semaphore", libc::SYS_semget, [0, 1, 0o1600, 0, 0, 0]),
        ("a pipe", libc::SYS_pipe2, [&raw mut ends as usize, 0, 0, 0, 0, 0]),
        ("another host name", libc::SYS_sethostname, [name, 5, 0, 0, 0, 0]),
        ("the kernel's log", libc::SYS_syslog, [10, 0, 0, 0, 0, 0]),
        ("another filter", libc::SYS_seccomp, [2, 0, &raw const action as usize, 0, 0, 0]),
        ("to be dumpable", libc::SYS_prctl, [libc::PR_SET_DUMPABLE as usize, 1, 0, 0, 0, 0]),
        ("a tracer of one's own", libc::SYS_prctl, [libc::PR_SET_PTRACER as usize, usize::MAX, 0, 0, 0, 0]),
        ("a life after the parent", libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as usize, 0, 0, 0, 0, 0]),
        ("all of the memory locked", libc::SYS_mlockall, [1, 0, 0, 0, 0, 0]),
        ("a terminal's input", libc::SYS_ioctl, [0, usize::try_from(libc::TIOCSTI).expect("16 bits"), name, 0, 0, 0]),
        ("a piece spliced", libc::SYS_tee, [0, 1, 1, 0, 0, 0]),
    ] {
        attempt(what, call(number, arguments));
    }
    let (read_write, run) = (libc::PROT_READ | libc::PROT_WRITE, libc::PROT_EXEC);
    let private = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let all = (read_write | run) as usize;
    attempt("memory to run", call(libc::SYS_mmap, [0, 4096, all, private as usize, usize::MAX, 0]));
    // SAFETY: a new mapping, which nothing else knows.
    let page = unsafe { libc::mmap(std::ptr::null_mut(), 4096, read_write, private, -1, 0) };
    attempt("memory made to run", call(libc::SYS_mprotect, [page as usize, 4096, all, 0, 0, 0]));
}

fn own_limits(attempt: Attempt<'_>) {
    let limit = libc::rlimit { rlim_cur: 1 << 20, rlim_max: 1 << 20 };
    let limit = &raw const limit as usize;
    for (name, resource) in [("open files", libc::RLIMIT_NOFILE), ("memory", libc::RLIMIT_DATA)] {
        let own = call(libc::SYS_prlimit64, [0, resource as usize, limit, 0, 0, 0]);
        attempt(&format!("another limit of {name}"), own);
        #[cfg(target_arch = "x86_64")]
        let old = call(libc::SYS_setrlimit, [resource as usize, limit, 0, 0, 0, 0]);
        #[cfg(target_arch = "x86_64")]
        attempt(&format!("another limit of {name}, by the older call"), old);
    }
    let size = 64 << 30;
    let (read_write, private) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    attempt("64 GiB", call(libc::SYS_mmap, [0, size, read_write as usize, private as usize, usize::MAX, 0]));
    let high = call(libc::SYS_fcntl, [0, libc::F_DUPFD_CLOEXEC as usize, 1024, 0, 0, 0]);
    attempt("a descriptor above the limit", high);
}

/// What a slot's work needs.
fn needs(settings: &SlotSettings) -> Result<(), String> {
    let folder = settings.files_folder();
    let told = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    fs::write(folder.join("a.txt"), "text").map_err(told("write"))?;
    fs::write(folder.join("a.txt"), "te").map_err(told("write again"))?;
    fs::create_dir(folder.join("inner")).map_err(told("a folder"))?;
    fs::rename(folder.join("a.txt"), folder.join("inner/b.txt")).map_err(told("rename"))?;
    let text = fs::read_to_string(folder.join("inner/b.txt")).map_err(told("read"))?;
    // The slot has a folder for downloads there, too.
    let listed = fs::read_dir(&folder).map_err(told("list"))?.filter_map(Result::ok);
    let names = listed.filter(|entry| entry.file_name() == "inner").count();
    let size = fs::metadata(folder.join("inner/b.txt")).map_err(told("facts"))?.len();
    fs::remove_file(folder.join("inner/b.txt")).map_err(told("remove"))?;
    fs::remove_dir(folder.join("inner")).map_err(told("remove a folder"))?;
    let thread = std::thread::Builder::new().name("probe".to_owned()).spawn(|| 7).map_err(told("a thread"))?;
    let answer = thread.join().map_err(|_| "a thread's end".to_owned())?;
    // SAFETY: it writes to what it is given.
    let hour = unsafe {
        let (now, mut parts) = (0, std::mem::zeroed());
        !libc::localtime_r(&raw const now, &raw mut parts).is_null()
    };
    let found = (text.as_str(), names, size, answer, hour);
    if found == ("te", 1, 2, 7, true) { Ok(()) } else { Err(format!("{found:?}")) }
}

fn call(number: c_long, arguments: [usize; 6]) -> io::Result<()> {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: what a call that succeeds would do to this process is part of what is tried.
    let answer = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
