//! A look at the processes of a home.

use std::fs;

use evercred_test_support::Home;

/// A process, by what the kernel shows of it.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) arguments: String,
    pub(crate) environment: String,
}

/// All that run in the home.
pub(crate) fn of(home: &Home) -> Vec<Process> {
    let place = home.path("").display().to_string();
    let place = place.trim_end_matches('/').to_owned();
    let folders = fs::read_dir("/proc").unwrap().map_while(Result::ok);
    let processes = folders.filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok());
    let look = |folder: std::path::PathBuf| {
        let words = |name| {
            String::from_utf8_lossy(&fs::read(folder.join(name)).unwrap_or_default()).replace('\0', "\n")
        };
        Process { arguments: words("cmdline"), environment: words("environ") }
    };
    let all = processes.map(|entry| look(entry.path()));
    all.filter(|process| process.environment.contains(&place) || process.arguments.contains(&place)).collect()
}

/// Those that keep logins fresh for a command.
pub(crate) fn keepers(home: &Home) -> Vec<Process> {
    of(home).into_iter().filter(|process| process.arguments.contains("\nkeep\n")).collect()
}

/// The same for this one.
pub(crate) fn keepers_of(home: &Home, pid: u32) -> Vec<Process> {
    let of = format!("\n--of\n{pid}\n");
    keepers(home).into_iter().filter(|process| process.arguments.contains(&of)).collect()
}
