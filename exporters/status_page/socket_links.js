// Links from a listener, a group or a destination to its sockets at /api/v1/sockets, if this viewer
// may see them. The daemon is asked once, when the viewer first uses the page.

const SOCKETS = {areShown: false};

// Calls onAnswer() if the viewer may.
function askForSockets(onAnswer) {
  const main = find("main");
  const probe = async () => {
    main.removeEventListener("pointerover", probe);
    main.removeEventListener("focusin", probe);
    try {
      await ask("sockets?state=closing&limit=1");
    } catch {
      return;  // refused
    }
    SOCKETS.areShown = true;
    onAnswer();
  };
  main.addEventListener("pointerover", probe);
  main.addEventListener("focusin", probe);
}

class SocketLink {
  constructor() {
    this.node = element("a", {class: "sockets", hidden: ""}, "sockets");
  }

  // `query`: {parameter: value}, or null where the sockets cannot be asked for. `topic`: whose they
  // are.
  update(query, topic) {
    const isThere = SOCKETS.areShown && query !== null;
    show(this.node, isThere);
    if (!isThere) return;
    setAttribute(this.node, "href", `api/v1/sockets?${new URLSearchParams(query)}`);
    setAttribute(this.node, "aria-label", `sockets of ${topic}`);
  }
}

// The parameters for an address with a port: {dst, dport} or {src, sport}. A wildcard address takes
// any.
function endpointQuery(endpoint, address, port) {
  const split = endpoint.lastIndexOf(":");
  const host = endpoint.slice(0, split).replace(/^\[|\]$/g, "").replace(/%.*/, "");
  const query = {[port]: endpoint.slice(split + 1)};
  return ["0.0.0.0", "::", "*"].includes(host) ? query : {[address]: host, ...query};
}
