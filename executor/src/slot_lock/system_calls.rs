//! seccomp: a short list of the system calls that a slot's work needs; the rest fails with EPERM, and what no honest slot
//! tries ends it. See seccomp(2).
//!
//! The engine is an interpreter, so no memory becomes executable. Threads can be started and processes cannot; sockets can
//! be used and not made. Paths are judged by Landlock: of the calls that take one, only those are here that Landlock
//! knows, and those that look at a file's facts.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};

use super::{FileAccess, LockError};

/// Whatever their arguments are.
const ALLOWED: &[c_long] = &[
    // Descriptors that are open.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_ftruncate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_getsockopt,
    libc::SYS_shutdown,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_ppoll,
    // The job's folder.
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_getdents64,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    // Memory.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads. The flags of clone3 cannot be judged: the C library hears that there is no such call, and asks by clone.
    libc::SYS_clone3,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    // Signals of its own.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // Clocks, chance, what was used.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_sysinfo,
];

/// Older spellings of the same, which other processors do not have.
#[cfg(target_arch = "x86_64")]
const ALLOWED_HERE: &[c_long] = &[
    libc::SYS_epoll_wait,
    libc::SYS_poll,
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_time,
];
#[cfg(not(target_arch = "x86_64"))]
const ALLOWED_HERE: &[c_long] = &[];

/// Calls on any file of the user's, with ALLOW_LOCAL_FILES.
const ALL_FILES: &[c_long] = &[
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_fchmod,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
];

/// No slot that is its own master does this.
const DEADLY: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_perf_event_open,
    libc::SYS_open_by_handle_at,
];

pub(super) fn restrict(files: FileAccess<'_>) -> Result<(), LockError> {
    let deadly = DEADLY.iter().map(|call| (*call, Vec::new())).collect();
    // Of several filters the strictest answer holds. The last one takes the right to add another.
    let filters = [
        filter(deadly, SeccompAction::Allow, SeccompAction::KillProcess)?,
        filter([(libc::SYS_clone3, Vec::new())].into(), SeccompAction::Allow, errno(libc::ENOSYS))?,
        filter(allowed(files)?, errno(libc::EPERM), SeccompAction::Allow)?,
    ];
    for filter in &filters {
        seccompiler::apply_filter(filter)?;
    }
    Ok(())
}

fn errno(number: i32) -> SeccompAction {
    SeccompAction::Errno(number.cast_unsigned())
}

fn filter(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    action: SeccompAction,
) -> Result<BpfProgram, LockError> {
    let processor = TargetArch::try_from(std::env::consts::ARCH)?;
    Ok(SeccompFilter::new(rules, otherwise, action, processor)?.try_into()?)
}

/// The calls that a slot needs, and with which arguments.
fn allowed(files: FileAccess<'_>) -> Result<BTreeMap<i64, Vec<SeccompRule>>, LockError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let all = if let FileAccess::All = files { ALL_FILES } else { &[] };
    for call in ALLOWED.iter().chain(ALLOWED_HERE).chain(all) {
        rules.insert(*call, Vec::new());
    }
    // Memory that can be written or read, and not run.
    let not_run = || SeccompCondition::new(2, Dword, MaskedEq(bits(libc::PROT_EXEC)), 0);
    rules.insert(libc::SYS_mmap, vec![SeccompRule::new(vec![not_run()?])?]);
    rules.insert(libc::SYS_mprotect, vec![SeccompRule::new(vec![not_run()?])?]);
    // Threads of this process; with these two flags nothing else is made.
    let thread = bits(libc::CLONE_THREAD | libc::CLONE_VM);
    let new_namespaces = bits(
        libc::CLONE_NEWUSER
            | libc::CLONE_NEWNS
            | libc::CLONE_NEWPID
            | libc::CLONE_NEWNET
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS
            | libc::CLONE_NEWCGROUP,
    );
    let is_thread = SeccompCondition::new(0, Qword, MaskedEq(thread | new_namespaces), thread)?;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![is_thread])?]);
    // An abort signals its own process.
    let own = SeccompCondition::new(0, Dword, Eq, u64::from(std::process::id()))?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![own])?]);
    // Limits of its own can be read.
    let own = SeccompCondition::new(0, Dword, Eq, 0)?;
    let changes_nothing = SeccompCondition::new(2, Qword, Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![own, changes_nothing])?]);
    let commands = |number, commands: &[i32]| -> Result<Vec<SeccompRule>, LockError> {
        let rule = |command: &i32| SeccompRule::new(vec![SeccompCondition::new(number, Dword, Eq, bits(*command))?]);
        Ok(commands.iter().map(rule).collect::<Result<_, _>>()?)
    };
    let of_descriptors = [libc::F_GETFD, libc::F_SETFD, libc::F_GETFL, libc::F_SETFL, libc::F_DUPFD_CLOEXEC];
    rules.insert(libc::SYS_fcntl, commands(1, &of_descriptors)?);
    rules.insert(libc::SYS_ioctl, {
        let not_to_wait = SeccompCondition::new(1, Dword, Eq, libc::FIONBIO)?;
        vec![SeccompRule::new(vec![not_to_wait])?]
    });
    rules.insert(libc::SYS_prctl, commands(0, &[libc::PR_SET_NAME])?);
    Ok(rules)
}

fn bits(flags: i32) -> u64 {
    u64::from(flags.cast_unsigned())
}
