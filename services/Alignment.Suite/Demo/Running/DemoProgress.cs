using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace Alignment.Suite.Demo.Running;

/// <summary>Shows a cycle's stages as they pass: a live line in a terminal, one plain line a stage elsewhere.</summary>
internal sealed class DemoProgress(IAnsiConsole console)
{
    private readonly HashSet<long> shown = [];
    private string last = "";

    /// <summary>Looks at a cycle as <c>GET /cycles/{id}</c> gives it.</summary>
    public void Show(JsonElement cycle)
    {
        var events = cycle.GetProperty("events").EnumerateArray().ToList();
        for (var i = 0; i < events.Count; i++)
        {
            if (shown.Add(events[i].GetProperty("version").GetInt64()) && events[i].GetProperty("fromStage").GetString() is { } done && done != "Scheduled")
            {
                var seconds = (events[i].GetProperty("at").GetDateTimeOffset() - (i == 0 ? cycle.GetProperty("createdAt").GetDateTimeOffset() : events[i - 1].GetProperty("at").GetDateTimeOffset())).TotalSeconds;
                Line(string.Create(CultureInfo.InvariantCulture, $"  ✓ {done,-22} {seconds,6:F1} s"));
            }
        }

        if (console.Profile.Capabilities.Interactive)
        {
            Status(cycle);
        }
    }

    public void Say(string text) => Line(text);

    private void Status(JsonElement cycle)
    {
        var job = cycle.GetProperty("jobs").EnumerateArray().LastOrDefault(j => j.GetProperty("state").GetString() is "running" or "queued");
        var text = $"  … {cycle.GetProperty("stage").GetString(),-22}";
        if (job.ValueKind == JsonValueKind.Object && job.GetProperty("progress") is var p && p.GetProperty("total").GetInt64() > 0)
        {
            text += $" {p.GetProperty("step").GetInt64(),5}/{p.GetProperty("total").GetInt64()} {p.GetProperty("message").GetString()}";
        }

        last = text.Length > console.Profile.Width - 1 ? text[..(console.Profile.Width - 1)] : text;
        Console.Write($"\r\e[K{last}");
    }

    private void Line(string text)
    {
        Console.Write(last.Length > 0 ? "\r\e[K" : "");
        last = "";
        Console.WriteLine(text);
    }
}
