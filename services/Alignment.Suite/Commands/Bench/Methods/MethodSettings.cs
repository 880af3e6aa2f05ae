using Alignment.PolicyOptimization.Methods;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>
/// A method's settings for the sample: <c>samples/helpdesk/bench/METHOD.yaml</c>. <c>{start}</c>, <c>{pairs}</c>, <c>{reward}</c> and
/// <c>{sample}</c> stand for what the benchmark made; a method is listed when it has such a file.
/// </summary>
/// <param name="Method">The method's name under <c>align train</c>.</param>
/// <param name="Name">The file's name: a method may appear with several settings.</param>
internal sealed record MethodSettings(string Name, string Method, string Yaml)
{
    public static IReadOnlyList<MethodSettings> All() =>
    [
        .. Directory.GetFiles(BenchPaths.Settings, "*.yaml").Select(f => Of(Path.GetFileNameWithoutExtension(f), File.ReadAllText(f)))
            .Where(m => PolicyMethods.Find(m.Method) is not null).OrderBy(m => PolicyMethods.All.ToList().FindIndex(p => p.Name == m.Method)).ThenBy(m => m.Name, StringComparer.Ordinal),
    ];

    /// <summary>Writes the job file of one run.</summary>
    public string Write(BenchPaths paths, string folder)
    {
        var file = Path.Combine(Directory.CreateDirectory(folder).FullName, "job.yaml");
        File.WriteAllText(file, Yaml.Replace("{start}", paths.Start, StringComparison.Ordinal).Replace("{pairs}", paths.Pairs, StringComparison.Ordinal)
            .Replace("{reward}", paths.Reward, StringComparison.Ordinal).Replace("{sample}", BenchPaths.Sample, StringComparison.Ordinal));
        return file;
    }

    // dpo, and dpo@hinge for the same method with other settings.
    private static MethodSettings Of(string name, string yaml) => new(name, name.Split('@')[0], yaml);
}
