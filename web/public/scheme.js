// Sets the remembered colour scheme before the first paint, so that a dark room is not flashed white.
(function () {
  var remembered = null;
  try {
    remembered = localStorage.getItem("holdfast-scheme");
  } catch {
    // Storage may be forbidden; the system's preference is then as good.
  }
  var dark =
    remembered === "dark" || (remembered !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
