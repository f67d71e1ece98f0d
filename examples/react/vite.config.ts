import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  define: { global: "globalThis" }, // what the Chime SDK expects of a bundler
  resolve: { dedupe: ["react", "react-dom"] }, // the linked client has a React of its own
});
