using System.Text;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>Writes <c>report.json</c> and <c>report.html</c> so that a reader never sees half a file.</summary>
internal static class DemoReport
{
    public static void Write(DemoOutcome outcome, string folder)
    {
        Directory.CreateDirectory(folder);
        Put(Path.Combine(folder, "report.html"), ReportHtml.Of(outcome));
        Put(Path.Combine(folder, "report.json"), ReportJson.Of(outcome));
    }

    private static void Put(string path, string text)
    {
        var partial = path + ".partial";
        File.WriteAllText(partial, text, new UTF8Encoding(false));
        File.Move(partial, path, overwrite: true);
    }
}
