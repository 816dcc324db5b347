/** As the bundler gives them: the text of the file; styles go to a sheet of their own. */
declare module "*.svg" {
  const text: string;
  export default text;
}
declare module "*.css" {}
