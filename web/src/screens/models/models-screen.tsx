export function ModelsScreen() {
  return <div className="screen" />;
}
