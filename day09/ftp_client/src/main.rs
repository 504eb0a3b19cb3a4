#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod control;
mod data;
mod menu;
mod transfer;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use common::Failure;
use common::args::ClientArgs;

use control::Control;
use transfer::Transfers;

/// Talks to an FTP server: a menu, or one command for a script.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    server: ClientArgs<2121>,
    #[command(flatten)]
    how: How,
    /// What to do; without it, a menu
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Args)]
struct How {
    /// User name; the password comes from --password-file or from $FTP_PASSWORD
    #[arg(long, value_name = "NAME", default_value = "anonymous")]
    user: String,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Let the server connect to the client for data, not the other way round
    #[arg(long)]
    active: bool,
    /// No progress bar
    #[arg(long)]
    quiet: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Show what is in a folder of the server
    List { folder: Option<String> },
    /// Download a file
    Get {
        name: String,
        /// Where to put it [default: its name, here]
        to: Option<PathBuf>,
        /// Continue a broken download
        #[arg(short = 'c', long)]
        resume: bool,
    },
    /// Upload a file
    Put {
        file: PathBuf,
        /// What to call it there [default: its name]
        name: Option<String>,
        /// Continue a broken upload, and keep what has arrived if this one breaks
        #[arg(short = 'c', long)]
        resume: bool,
    },
}

fn main() -> ExitCode {
    common::program::exit_code(run(Cli::parse()))
}

fn run(cli: Cli) -> Result<(), Failure> {
    // 【1】连接服务端，登录 / connect and log in. day09 L19
    let address = cli.server.shown_address();
    let mut control = Control::connect(cli.server.address(), &address)?;
    control.log_in(&cli.how.user, &password(&cli.how)?)?;
    let mut server = Transfers::new(control, cli.how.active, cli.how.quiet)?;

    // 【2】发一个请求，等一个结果 / one request at a time; each file has a connection of its own.
    match cli.command {
        None => menu::run(&mut server)?,
        Some(Command::List { folder }) => server.list(folder.as_deref())?,
        Some(Command::Get { name, to, resume }) => server.get(&name, to.as_deref(), resume)?,
        Some(Command::Put { file, name, resume }) => server.put(&file, name.as_deref(), resume)?,
    }
    // 【3】退出 / say so: the server's child process for this client ends.
    server.quit();
    Ok(())
}

fn password(how: &How) -> Result<String, Failure> {
    let text = match &how.password_file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|why| Failure::new(format!("cannot read {}", path.display()), &why))?,
        None if how.user == "anonymous" => "ftp_client@".to_owned(),
        None => std::env::var("FTP_PASSWORD").unwrap_or_default(),
    };
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
