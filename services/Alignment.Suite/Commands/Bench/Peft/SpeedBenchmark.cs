namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary><c>align bench peft-speed</c>: the section <c>speed</c> of <c>align bench peft</c> alone, in a minute.</summary>
internal sealed class SpeedBenchmark : IBenchmark
{
    public string Name => "peft-speed";

    public string Help => "Speed and memory of quantised bases, LoRA steps and packing: the second table of 'peft' alone.";

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var task = new PeftTask(Path.Combine(Repository.Root, "artifacts", "bench", "peft-speed"), arguments.Quick);
        var (rows, passed) = PeftSpeed.Measure(task, Console.Error.WriteLine, cancellation);
        BenchTable.WriteJson(arguments.Json, new { speed = rows });
        return passed ? 0 : 1;
    }
}
