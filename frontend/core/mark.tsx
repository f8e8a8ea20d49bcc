/** The sign of the house: a note that fades, four strokes, each shorter than the one before. */

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path d="M4 3v18M10 7v10M15.5 9.5v5M20.5 11.5v1" />
    </svg>
  );
}
