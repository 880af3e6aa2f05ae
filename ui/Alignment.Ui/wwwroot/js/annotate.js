// Makes the form faster: keys, a line that shows the ranking, a draft that survives a reload, the time in use. Without this module the form works the same.
import { append, back, describe, fromPlaces, tie, tieRest } from "./ranking.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("task"));
const labels = [...form.querySelectorAll(".choice")].map(c => /** @type {HTMLElement} */ (c).dataset.label);
const ranked = labels.length > 2;
const board = form.querySelector(".board");
const draftKey = `align.draft.${form.dataset.task}`;
const shownAt = performance.now();
let groups = ranked ? fromPlaces(places()) : [];
let tieNext = false;
let sending = false;

function places() {
    const result = {};
    for (const label of labels) {
        const checked = form.querySelector(`input[name="place-${label}"]:checked`);
        if (checked) {
            result[label] = Number(/** @type {HTMLInputElement} */ (checked).value);
        }
    }
    return result;
}

function show() {
    for (const label of labels) {
        const index = groups.findIndex(g => g.includes(label));
        const choice = document.getElementById(`choice-${label}`);
        choice.classList.toggle("placed", index >= 0);
        const radio = form.querySelector(index >= 0 ? `input[name="place-${label}"][value="${index + 1}"]` : `input[name="place-${label}"]:checked`);
        if (radio) {
            /** @type {HTMLInputElement} */ (radio).checked = index >= 0;
        }
    }
    board.textContent = describe(groups);
    /** @type {HTMLElement} */ (board).hidden = groups.length === 0;
    keepDraft();
}

function keepDraft() {
    try {
        localStorage.setItem(draftKey, JSON.stringify({ groups, comment: form.comment.value, none: form.none.checked }));
    } catch {
        // Storage may be full or forbidden: the form itself still holds everything.
    }
}

function restoreDraft() {
    try {
        const draft = JSON.parse(localStorage.getItem(draftKey) ?? "null");
        if (draft && form.supersedes.value === "") {
            form.comment.value ||= draft.comment;
            form.none.checked ||= draft.none;
            if (ranked && groups.length === 0) {
                groups = draft.groups;
            }
        }
    } catch {
        localStorage.removeItem(draftKey);
    }
}

function open(panel) {
    if (panel instanceof HTMLDetailsElement) {
        panel.open = true;
        panel.querySelector("select, summary").focus();
    }
}

function place(label) {
    groups = tieNext ? tie(groups, label) : append(groups, label);
    tieNext = false;
    show();
}

const panels = { s: () => open(form.reason?.closest("details")), f: () => open(form.kind.closest("details")), g: () => open(form.querySelector(".panel.wide")) };

function decide(key) {
    const digit = "12345678".indexOf(key);
    if (ranked) {
        if (digit >= 0 && digit < labels.length) { place(labels[digit]); return true; }
        if (key === "0" || key === "t") { groups = tieRest(groups, labels); show(); return true; }
        if (key === "=") { tieNext = groups.length > 0; return true; }
        if (key === "Backspace") { groups = back(groups); tieNext = false; show(); return true; }
        if (key === "Enter" && groups.flat().length === labels.length) { form.querySelector('[data-key="Enter"]').click(); return true; }
        return false;
    }
    const button = form.querySelector(`[data-key="${key === "t" ? "0" : key}"]`);
    // A key held down or pressed while the page was still changing must not vote.
    if (button instanceof HTMLButtonElement && performance.now() - shownAt > 250) { button.click(); return true; }
    return false;
}

document.addEventListener("keydown", event => {
    const target = /** @type {HTMLElement} */ (event.target);
    const typing = target.matches("textarea, select, input:not([type=radio]):not([type=checkbox]):not([type=hidden])");
    if (typing && event.key === "Escape") { target.blur(); return; }
    if (typing && event.key === "Enter" && event.ctrlKey && ranked) { form.querySelector('[data-key="Enter"]').click(); return; }
    if (typing || event.isComposing || event.repeat || event.ctrlKey || event.altKey || event.metaKey) { return; }
    if (event.key === "Enter" && target.matches("button, a, summary")) { return; }
    const key = event.code.startsWith("Numpad") || event.code.startsWith("Digit") ? (event.key.length === 1 ? event.key : event.code.at(-1)) : event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const handled = panels[key] ? (panels[key](), true)
        : key === "c" ? (form.comment.focus(), true)
        : key === "z" ? (document.querySelector('a[data-key="z"]')?.click(), true)
        : decide(key);
    if (handled) {
        event.preventDefault();
    }
});

// Time in use: the page is visible and something happened in the last half minute.
let active = 0, last = performance.now(), touched = last;
for (const kind of ["keydown", "pointermove", "pointerdown", "scroll"]) {
    document.addEventListener(kind, () => { touched = performance.now(); }, { passive: true, capture: true });
}
setInterval(() => {
    const now = performance.now();
    if (document.visibilityState === "visible" && now - touched < 30000) { active += now - last; }
    last = now;
}, 500);

form.addEventListener("change", () => { if (ranked) { groups = fromPlaces(places()); showPlaces(); } keepDraft(); });
form.addEventListener("input", keepDraft);
form.querySelector("[data-clear]")?.addEventListener("click", () => { groups = []; show(); });
form.addEventListener("submit", event => {
    if (sending) { event.preventDefault(); return; }
    sending = true;
    form.active.value = String(Math.round(active + Math.min(performance.now() - last, 500)));
    const submitter = /** @type {SubmitEvent} */ (event).submitter;
    if (submitter?.getAttribute("name") !== "action" && (!ranked || groups.flat().length === labels.length)) {
        localStorage.removeItem(draftKey);
    }
});
addEventListener("pageshow", () => { sending = false; });

// Places set by hand may have gaps (1st and 3rd): keep the radios as they are, show only the order.
function showPlaces() {
    for (const label of labels) {
        const choice = document.getElementById(`choice-${label}`);
        choice.classList.toggle("placed", choice.querySelector("input:checked") !== null);
    }
    board.textContent = describe(groups);
    /** @type {HTMLElement} */ (board).hidden = groups.length === 0;
}

restoreDraft();
form.classList.add("enhanced");
for (const element of form.querySelectorAll(".js[hidden]")) { /** @type {HTMLElement} */ (element).hidden = false; }
if (ranked && groups.length > 0) { show(); }
document.getElementById("task-title").focus({ preventScroll: true });
