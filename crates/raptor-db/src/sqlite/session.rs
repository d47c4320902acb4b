//! stub, replaced by the dialect branch
use crate::listen::Notification;
use std::sync::{Arc, Mutex};
#[derive(Clone, Default)]
pub(crate) struct Session(Arc<Mutex<Vec<Notification>>>);
#[derive(Clone, Copy)]
pub(crate) struct Mark(usize);
impl Session {
    pub(crate) fn begin(&self, _settings: impl IntoIterator<Item = (String, String)>) {}
    pub(crate) fn end(&self) -> Vec<Notification> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.0.lock().unwrap().len())
    }
    pub(crate) fn reset_to(&self, mark: Mark) {
        self.0.lock().unwrap().truncate(mark.0);
    }
    pub(crate) fn notify(&self, channel: String, payload: String) {
        self.0
            .lock()
            .unwrap()
            .push(Notification { channel, payload });
    }
}
