// Every ten seconds, take what is new of the parts that are live. The page works without this.
const refresh = async () => {
  if (document.hidden) return;
  const response = await fetch(location.href, { cache: "no-store" });
  if (!response.ok) return; // the next one may be
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(part.id);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }
};
setInterval(() => refresh().catch(() => {}), 10_000);
