import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { request } from "../../api/client.ts";
import { keys } from "../../api/queries.ts";
import { Button } from "../../design/button.tsx";
import { Dialog, DialogActions } from "../../design/dialog.tsx";
import { say, sayFailure } from "../../design/toast.tsx";

/** Switches the model in use, after asking. */
export function UseModel({ modelId, name }: { modelId: string; name: string }) {
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const use = useMutation({
    mutationFn: () => request("PUT", "models/current", { body: { modelId } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: keys.models });
      say(`${name} is now the model in use.`);
      setAsking(false);
    },
    onError: sayFailure,
  });
  return (
    <>
      <Button look="primary" onClick={() => setAsking(true)}>
        Use {name}
      </Button>
      {asking && (
        <Dialog title={`Use ${name}?`} onClose={() => setAsking(false)}>
          <p>
            New images will be scored with it. Studies that were scored already keep their calls until they are scored
            again.
          </p>
          <DialogActions>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button look="primary" onClick={() => use.mutate()} disabled={use.isPending}>
              Use it
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}
