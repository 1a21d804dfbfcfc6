import { ButtonLink } from "../design/button.tsx";
import { EmptyState } from "../design/feedback.tsx";

export function UnknownAddress() {
  return (
    <EmptyState
      wholePage
      title="There is nothing at this address"
      action={
        <ButtonLink to="/" look="primary">
          Go to the studies
        </ButtonLink>
      }
    />
  );
}
