import { createBrowserRouter } from "react-router";
import { BrokenScreen } from "./shell/broken-screen.tsx";
import { Shell } from "./shell/shell.tsx";

/** Addresses of the application. Every screen is fetched when it is first opened. */
export function createRouter() {
  return createBrowserRouter([
    {
      path: "/",
      Component: Shell,
      ErrorBoundary: BrokenScreen,
      HydrateFallback: () => null,
      children: [
        {
          ErrorBoundary: BrokenScreen,
          children: [
            {
              index: true,
              lazy: async () => ({ Component: (await import("./screens/start/start-screen.tsx")).StartScreen }),
            },
            {
              path: "studies/:id",
              lazy: async () => ({ Component: (await import("./screens/study/study-screen.tsx")).StudyScreen }),
            },
            {
              path: "studies/:id/review/:queue",
              lazy: async () => ({ Component: (await import("./review/review-screen.tsx")).ReviewScreen }),
            },
            {
              path: "studies/:id/results",
              lazy: async () => ({ Component: (await import("./screens/results/results-screen.tsx")).ResultsScreen }),
            },
            {
              path: "models",
              lazy: async () => ({ Component: (await import("./screens/models/models-screen.tsx")).ModelsScreen }),
            },
            {
              path: "accounts",
              lazy: async () => ({
                Component: (await import("./screens/accounts/accounts-screen.tsx")).AccountsScreen,
              }),
            },
            {
              path: "*",
              lazy: async () => ({ Component: (await import("./shell/unknown-address.tsx")).UnknownAddress }),
            },
          ],
        },
      ],
    },
  ]);
}
