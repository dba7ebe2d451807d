/** What the user has set, as one plain object: to a request, to the page's address and back, and into local storage. */

export const ROLES = ["drums", "bass", "chords", "lead"];
export const KEYS = ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];
const FIRST_CORNERS = ["rock", "jazz", "electronic", "latin", "reggae"];
export const NO_CHOICES = { roles: {}, metre: "", pickup: null, beats: "" }; // how a file is read: all as found
const SNAP = 0.05; // radius around a corner or the start in which the point is on it
const POWER = 2.2; // how fast a corner's share falls with its distance
const MOST_REACH = 2; // how far beyond a corner the pad may lead
const LEAST = 0.03; // shares below are left out

export function firstState(model) {
  const names = model.genres.map((genre) => genre.name);
  const starts = model.genres.filter((genre) => genre.phrases).map((genre) => genre.name);
  const start = starts.includes("classical") ? "classical" : starts[0] ?? names[0];
  return {
    start, corners: fewCorners(names, start), x: 0.22, y: -0.5, reach: 1, ramp: "even", own: {}, keep: [], vectors: {},
    bars: model.limits.default_bars, key: "", tempo: null, temperature: null, seed: 0, method: "",
    choices: NO_CHOICES, together: [], onlyRoles: false, keepTempo: false,
  };
}

export function fewCorners(names, start) {
  const known = FIRST_CORNERS.filter((name) => names.includes(name) && name !== start);
  return known.length >= 2 ? known : names.filter((name) => name !== start).slice(0, 5);
}

/** Where the corners lie on the circle of radius 1. */
export function cornerPlaces(count) {
  const first = count === 2 ? Math.PI : -Math.PI / 2;
  return Array.from({ length: count }, (_, index) => {
    const angle = first + (2 * Math.PI * index) / count;
    return { x: Math.cos(angle), y: Math.sin(angle) };
  });
}

/** The share of the start and of each corner, by inverse distance from the point; they add up to 1. */
export function sharesOf(state) {
  const places = [{ x: 0, y: 0 }, ...cornerPlaces(state.corners.length)];
  const distances = places.map((place) => Math.hypot(place.x - state.x, place.y - state.y));
  const nearest = distances.indexOf(Math.min(...distances));
  let shares = distances.map((distance) => 1 / Math.max(distance, 1e-6) ** POWER);
  if (distances[nearest] < SNAP) shares = shares.map((_, index) => (index === nearest ? 1 : 0));
  const total = shares.reduce((sum, share) => sum + share, 0);
  shares = shares.map((share) => (share / total < LEAST ? 0 : share / total));
  const left = shares.reduce((sum, share) => sum + share, 0);
  const [start, ...corners] = shares.map((share) => share / left);
  return { start, corners };
}

const rounded = (value) => Math.round(value * 100) / 100;

/** The request for the API that a state stands for. */
export function toRequest(state) {
  const shares = sharesOf(state);
  const goes = 1 - shares.start;
  const targets = {};
  state.corners.forEach((word, index) => {
    const weight = goes ? rounded(shares.corners[index] / goes) : 0;
    if (weight > 0) targets[word] = weight;
  });
  if (!Object.keys(targets).length) targets[state.corners[0]] = 1;
  const amount = rounded(goes * state.reach);
  const roles = Object.fromEntries(Object.entries(state.own).filter(([role]) => !state.keep.includes(role)));
  const ramp = { even: amount, out: [0, amount], back: [amount, 0] }[state.ramp] ?? amount;
  return { ...commonFields(state), targets, amount: ramp, roles, keep: state.keep, vectors: state.vectors };
}

/** The request for the start as it is, to compare with. */
export function toStartRequest(state) {
  return { ...commonFields(state), targets: { [state.corners[0]]: 1 }, amount: 0 };
}

function commonFields(state) {
  const { metre } = state.choices;
  const choices = toChoices(isFile(state.start) ? state.choices : { metre });
  return {
    start: state.start, together: isFile(state.start) ? state.together : [], bars: state.bars || null,
    key: state.key || null, tempo: state.keepTempo ? "keep" : state.tempo, method: state.method,
    temperature: state.temperature, seed: state.seed, choices,
    only_roles: isFile(state.start) && state.onlyRoles,
  };
}

/** Choices as the API takes them: those that were made. */
export function toChoices({ roles = {}, metre, pickup, beats }) {
  const isTold = typeof pickup === "number";
  return { ...(Object.keys(roles).length && { roles }), ...(metre && { metre }), ...(isTold && { pickup }), ...(beats && { beats }) };
}

/** An amount as text, or the two of a ramp; undefined for none. */
export const inText = (amount) => amount === undefined ? undefined : [amount].flat().map((one) => one.toFixed(2)).join(" → ");

export const percent = (share) => `${Math.round(100 * share)} %`;

/** A state in a line, for the list of takes: where it goes, and what else is set. */
export function inWords(state, nameOf) {
  const { start, corners, seed, keep, reach, ramp, own, vectors, key, tempo, bars, choices } = state;
  const shares = sharesOf(state);
  const goals = corners.map((word, index) => [nameOf(word), shares.corners[index]]).filter(([, share]) => share > 0);
  const goal = goals.sort((one, other) => other[1] - one[1]).map(([name, share]) => `${name} ${percent(share)}`);
  const set = [keep.length && `keeps ${keep.join(", ")}`, reach !== 1 && `reach ${reach.toFixed(2)}`, ramp !== "even" && "ramp", choices.metre, key, tempo && `${tempo} bpm`, bars && `${bars} bars`];
  const moved = Object.entries({ ...own, ...vectors }).map(([name, value]) => `${name.replaceAll("_", " ")} ${inText(value)}`);
  return [`${nameOf(start)} → ${goal.join(", ") || "as it is"}`, `seed ${seed}`, ...set, ...moved].filter(Boolean).join(" · ");
}

export const isFile = (word) => word.startsWith("file-");
export const isFolder = (word) => word.startsWith("folder-");
export const isOwn = (word) => isFile(word) || isFolder(word);

/** A state as text for the page's address, and back; null for a text that is none. */
export function toHash(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function fromHash(text, model) {
  try {
    const bytes = Uint8Array.from(atob(text.replace(/^#/, "").replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    return mended(JSON.parse(new TextDecoder().decode(bytes)), model);
  } catch {
    return null;
  }
}

/** A state from elsewhere with every field of the kind it should be; null where nothing can be made of it. */
export function mended(given, model) {
  if (!given || typeof given !== "object" || typeof given.start !== "string") return null;
  const state = { ...firstState(model) };
  for (const name of Object.keys(state)) {
    const isAlike = typeof given[name] === typeof state[name] && Array.isArray(given[name]) === Array.isArray(state[name]);
    if (isAlike && given[name] !== null) state[name] = given[name];
  }
  for (const name of ["tempo", "temperature"]) state[name] = typeof given[name] === "number" ? given[name] : null;
  state.choices = { ...NO_CHOICES, ...given.choices };
  for (const name of ["own", "vectors"]) state[name] = Object.fromEntries(Object.entries(state[name]).filter(([, amount]) => isAmount(amount, name === "own")));
  if (!(state.reach >= 0 && state.reach <= MOST_REACH)) state.reach = 1;
  const known = (word) => typeof word === "string" && (isFile(word) || model.genres.some((genre) => genre.name === word));
  state.corners = state.corners.filter((word) => known(word) || (typeof word === "string" && isFolder(word)));
  state.together = state.together.filter((word) => typeof word === "string" && isFile(word));
  if (!state.corners.length || !known(state.start)) return null;
  const radius = Math.hypot(state.x, state.y);
  if (!(radius <= 1)) [state.x, state.y] = radius > 1 ? [state.x / radius, state.y / radius] : [0, 0];
  return state;
}

const isAmount = (value, mayBeRamp) => Number.isFinite(value) || (mayBeRamp && Array.isArray(value) && value.length === 2 && value.every(Number.isFinite));

/** Local storage that may be full, or forbidden. */
export const storage = {
  get(name, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(`studio.${name}`)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`studio.${name}`, JSON.stringify(value));
    } catch {
      // nothing is lost but what a reload would find
    }
  },
};
