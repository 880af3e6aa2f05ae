// A cycle that runs is shown as it stands every few seconds, as long as somebody looks.
setInterval(() => {
    if (document.visibilityState === "visible" && document.getSelection()?.isCollapsed !== false && !document.querySelector("details[open]")) {
        location.reload();
    }
}, 3000);
