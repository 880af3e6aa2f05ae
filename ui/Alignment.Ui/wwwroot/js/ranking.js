// The ranking as pure functions on a list of groups, best first: [["B"], ["A", "C"]].

/** @param {string[][]} groups @param {string} label @returns {string[][]} the label taken out, empty groups dropped */
export const without = (groups, label) => groups.map(g => g.filter(l => l !== label)).filter(g => g.length > 0);

/** Gives the label the next place. @param {string[][]} groups @param {string} label */
export const append = (groups, label) => [...without(groups, label), [label]];

/** Ties the label with the last place. @param {string[][]} groups @param {string} label */
export const tie = (groups, label) => {
    const rest = without(groups, label);
    return rest.length === 0 ? [[label]] : [...rest.slice(0, -1), [...rest[rest.length - 1], label]];
};

/** Ties everything that has no place yet, in the next one. @param {string[][]} groups @param {string[]} labels */
export const tieRest = (groups, labels) => {
    const placed = new Set(groups.flat());
    const rest = labels.filter(l => !placed.has(l));
    return rest.length === 0 ? groups : [...groups, rest];
};

/** Takes the last label back. @param {string[][]} groups */
export const back = groups => groups.length === 0 ? [] : without(groups, groups[groups.length - 1].at(-1));

/** From places as the form has them: {A: 2, B: 1, C: 2}. @param {Record<string, number>} places @returns {string[][]} */
export const fromPlaces = places => {
    const groups = new Map();
    for (const [label, place] of Object.entries(places)) {
        groups.set(place, [...(groups.get(place) ?? []), label]);
    }
    return [...groups.entries()].sort((a, b) => a[0] - b[0]).map(e => e[1].sort());
};

/** @param {string[][]} groups */
export const describe = groups => groups.map(g => g.join(" = ")).join(" › ");
