export function ResultsScreen() {
  return <div className="screen" />;
}
