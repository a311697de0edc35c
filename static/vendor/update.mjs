// Fetches the vendored files and writes the icon sprite:  node static/vendor/update.mjs
//
// To add an icon, add its Lucide name to icons.txt; to update a package, change its version here; then run this and
// commit what changed. Installs into a temporary directory; nothing of npm is left in the project.
import {execFileSync} from "node:child_process";
import {createHash} from "node:crypto";
import {copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from "node:fs";
import {tmpdir} from "node:os";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const packages = {
  "htmx.org": {version: "4.0.1", licence: "0BSD", licence_file: "htmx.LICENSE"},
  "lucide-static": {version: "1.62.0", licence: "ISC", licence_file: "lucide.LICENSE"},
};

const work = mkdtempSync(join(tmpdir(), "vendor-"));
const wanted = Object.entries(packages).map(([name, {version}]) => `${name}@${version}`);
execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--save-exact", "--prefix", work, ...wanted]);
const from = (name, path) => join(work, "node_modules", name, path);

for (const [name, {licence_file}] of Object.entries(packages)) {
  copyFileSync(from(name, "LICENSE"), join(here, licence_file));
}
// The source map is not shipped, so its mention would only cost every visitor's developer tools a 404.
const htmx = readFileSync(from("htmx.org", "dist/htmx.min.js"), "utf8").replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n");
writeFileSync(join(here, "htmx.min.js"), htmx);

const names = readFileSync(join(here, "icons.txt"), "utf8").split("\n").filter((line) => line && !line.startsWith("#"));
const drawing = (svg) => svg.replace(/<!--[^]*?-->/g, "").match(/<svg[^>]*>([^]*)<\/svg>/)[1].replace(/\s*\n\s*/g, "");
const lucide = names.map((name) =>
  `<symbol id="${name}" viewBox="0 0 24 24">${drawing(readFileSync(from("lucide-static", `icons/${name}.svg`), "utf8"))}</symbol>`);
const marks = readFileSync(join(here, "marks.svg"), "utf8").match(/<symbol [^]*?<\/symbol>/g);
writeFileSync(join(here, "..", "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">\n<!-- Lucide ${packages["lucide-static"].version}, ISC licence (vendor/lucide.LICENSE); net-*: vendor/marks.svg -->\n${[...lucide, ...marks].join("\n")}\n</svg>\n`);

const sha384 = (path) => "sha384-" + createHash("sha384").update(readFileSync(join(here, path))).digest("base64");
const entry = (name, file, integrity) => ({package: name, ...packages[name], file, integrity});
writeFileSync(join(here, "manifest.json"), JSON.stringify({
  files: [
    entry("htmx.org", "htmx.min.js", sha384("htmx.min.js")),
    entry("lucide-static", "../icons.svg", sha384("../icons.svg")),
    {package: "@fontsource-variable/inter", version: "5.3.0", licence: "OFL-1.1", licence_file: "../fonts/OFL.txt",
      file: "../fonts/inter-latin-wght-normal.woff2", integrity: sha384("../fonts/inter-latin-wght-normal.woff2")},
  ],
}, null, 2) + "\n");
rmSync(work, {recursive: true});
