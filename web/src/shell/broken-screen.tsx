import { useRouteError } from "react-router";
import { failureText } from "../api/client.ts";
import { Button } from "../design/button.tsx";
import { EmptyState } from "../design/feedback.tsx";

/** In place of a screen whose program failed. What was decided is on the server or kept by the window. */
export function BrokenScreen() {
  const error = useRouteError();
  return (
    <EmptyState
      wholePage
      title="This screen stopped working"
      action={
        <Button look="primary" onClick={() => location.reload()}>
          Load it again
        </Button>
      }
    >
      {failureText(error)}
    </EmptyState>
  );
}
