import { synthesizeThere } from "./synthesize-there.ts";
import { onServer, token } from "./token.ts";

export { onServer, synthesizeThere };

/** Here or on the server; and the token that the server asks for. */
export function ServerChoice({ disabled }: { readonly disabled: boolean }) {
  return (
    <fieldset disabled={disabled}>
      <legend>Compute</legend>
      <div class="choices">
        {[false, true].map((there) => (
          <label key={`${there}`} class="choice">
            <input
              type="radio"
              name="where"
              checked={onServer.value === there}
              onChange={() => (onServer.value = there)}
            />
            {there ? "On the server" : "Here"}
          </label>
        ))}
      </div>
      {onServer.value && (
        <>
          <p class="soft">
            The image is sent to {location.host}, and deleted there as soon as the result is here.
          </p>
          <label>
            Token{" "}
            <input
              type="password"
              autocomplete="off"
              spellcheck={false}
              value={token.value}
              onInput={(event) => (token.value = event.currentTarget.value.trim())}
            />
          </label>
        </>
      )}
    </fieldset>
  );
}
