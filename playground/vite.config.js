import { defineConfig } from "vite";

// Run by tools/build_playground.py, which also says where the output goes.
export default defineConfig({
  base: "./", // the page works wherever somebody mounts it
  build: {
    assetsDir: "", // one flat folder: what Python serves is a table of file names
    chunkSizeWarningLimit: 4000, // kB; Monaco is what it is
    license: { fileName: ".licenses.md" }, // of all that is bundled; goes where the bundle goes
  },
});
