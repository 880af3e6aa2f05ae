create unique index notes_text on notes (text);
