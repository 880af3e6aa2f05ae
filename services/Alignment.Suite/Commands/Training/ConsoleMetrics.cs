using System.Diagnostics;
using System.Globalization;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.Suite.Commands.Training;

/// <summary>
/// Live progress: on a terminal one line that is written over (ten times a second at most), elsewhere a line each <c>every</c> steps.
/// </summary>
internal sealed class ConsoleMetrics(int every) : IMetricsSink
{
    private readonly bool live = !Console.IsOutputRedirected;
    private long shown;

    public void Step(StepMetrics m)
    {
        var line = m.Step == 1 || m.Step == m.Total || m.Step % every == 0;
        if (live && (line || Stopwatch.GetElapsedTime(shown).TotalMilliseconds > 100))
        {
            shown = Stopwatch.GetTimestamp();
            Console.Write("\r\u001b[2K" + Say(m));
            if (line)
            {
                Console.WriteLine();
            }
        }
        else if (!live && line)
        {
            Console.WriteLine(Say(m));
        }
    }

    public void Event(RunEvent happened) => Console.WriteLine($"{(live ? "\r\u001b[2K" : "")}step {happened.Step}: {happened.Message}");

    private static string Say(StepMetrics m)
    {
        double Value(string key) => m.Values.TryGetValue(key, out var v) ? v : double.NaN;
        var extra = string.Concat(Extra.Where(e => m.Values.ContainsKey(e.Key)).Select(e => string.Create(CultureInfo.InvariantCulture, $"  {e.Label} {Value(e.Key):0.###}")));
        return string.Create(CultureInfo.InvariantCulture,
            $"step {m.Step}/{m.Total}  loss {Value("loss"):0.0000}  lr {Value("learning_rate"):0.00e0}{extra}  {Value("tokens_per_second"):0} tokens/s  {Value("rss_bytes") / (1 << 20):0} MB  {TimeSpan.FromSeconds((long)Value("eta_seconds")):c} left");
    }

    private static readonly (string Key, string Label)[] Extra = [("rewards/accuracies", "accuracy"), ("rewards/margins", "margin"), ("accuracy", "accuracy"), ("mean_token_accuracy", "token accuracy")];
}
