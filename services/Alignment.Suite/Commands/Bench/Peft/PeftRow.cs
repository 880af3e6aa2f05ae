namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>What one tuning method cost and gained.</summary>
/// <param name="TrainableParameters">Numbers that learn.</param>
/// <param name="Steps">Optimiser steps; a method that learns slowly asks for more in its file.</param>
/// <param name="PeakRssBytes">Largest resident set of the run's own process.</param>
/// <param name="Seconds">The whole process, start-up and measurements included.</param>
/// <param name="TokensPerSecond">While training, padding not counted.</param>
/// <param name="Accuracy">Share of its answers to held-out questions in the good manner (<see cref="GoodAnswers"/>).</param>
/// <param name="Facts">Mean mark for the right section and button.</param>
/// <param name="Bwt">Change of token accuracy on everyday sentences against the starting point without any adapter; negative is forgetting.</param>
/// <param name="PerplexityRatio">Perplexity on everyday sentences after, over before.</param>
internal sealed record PeftRow(string Method, long TrainableParameters, int Steps, long PeakRssBytes, double Seconds, double TokensPerSecond, double Accuracy, bool ReachesTarget, double Facts, double Bwt, double PerplexityRatio);
