//! The terminal as a screen of its own while a drill goes on, and as it was before when it is over: by itself, by Ctrl-C,
//! or by a panic.

use super::view::{Backlog, draw};
use drill::Live;
use ratatui::{
    DefaultTerminal,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
};
use std::{io, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a look at the keyboard takes, and so how late a screen is closed.
const KEYS: Duration = Duration::from_millis(50);

/// The terminal, until it is dropped.
pub struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    /// Takes the terminal. From now on a panic gives it back before it says anything.
    pub fn open() -> io::Result<Self> {
        Ok(Self { terminal: ratatui::try_init()? })
    }

    /// Shows how it stands until nobody tells any more.
    pub async fn show(mut self, mut live: watch::Receiver<Live>, stop: CancellationToken) {
        let over = CancellationToken::new();
        let keys = tokio::task::spawn_blocking({
            let over = over.clone();
            move || listen(&over, &stop)
        });
        let mut backlog = Backlog::default();
        let mut beat = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                changed = live.changed() => if changed.is_err() { break },
                _ = beat.tick() => {
                    let now = live.borrow().clone();
                    backlog.remember(&now);
                    // A picture that cannot be drawn is none; the drill goes on.
                    let _ = self.terminal.draw(|frame| draw(frame, &now, &backlog));
                }
            }
        }
        over.cancel();
        // It has nothing to say.
        let _ = keys.await;
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// In raw mode Ctrl-C is a key. The first ends the drill, the second the process, as it would without a screen.
fn listen(over: &CancellationToken, stop: &CancellationToken) {
    while !over.is_cancelled() {
        match event::poll(KEYS) {
            Ok(false) => {}
            Ok(true) => match event::read() {
                Ok(Event::Key(key)) if ends(key) && stop.is_cancelled() => {
                    ratatui::restore();
                    std::process::exit(130);
                }
                Ok(Event::Key(key)) if ends(key) => stop.cancel(),
                Ok(_) => {}
                Err(_) => return,
            },
            // Nobody can type: then nobody ends it.
            Err(_) => return,
        }
    }
}

fn ends(key: KeyEvent) -> bool {
    let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press && (control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_escape_and_ctrl_c_end_it_and_nothing_else() {
        let key = |code, modifiers| ends(KeyEvent::new(code, modifiers));
        assert!(key(KeyCode::Char('q'), KeyModifiers::NONE) && key(KeyCode::Esc, KeyModifiers::NONE));
        assert!(key(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!key(KeyCode::Char('c'), KeyModifiers::NONE) && !key(KeyCode::Enter, KeyModifiers::NONE));
    }
}
