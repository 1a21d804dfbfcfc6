export function StudyScreen() {
  return <div className="screen" />;
}
