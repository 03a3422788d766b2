extension StopWords {
  /// Romance languages, English, German and Dutch; folded.
  static let west: [String: String] = [
    "en":
      """
    a about above actually after again against ah all alright also always am an and any anyone anything anyway are aren as ask \
    asked asking at be because been before being below between both but by bye can cannot cool could couldn did didn do does doesn \
    doing don down during each else er ever every excuse few find fine first for from further get gets getting give given go goes \
    going gonna good goodbye got great had has have haven having he hello help her here hers herself hey hi him himself his hmm \
    how however i if in into is isn it its itself just know let like ll many may maybe me mean might mind mm more most much must \
    my myself need needed needs nice no nope nor not now of off oh ok okay on once one ones only or other our ours ourselves out \
    over own per perfect please possible question quite rather re really right s said same say see shall she should so some \
    somehow someone something sorry still such sure t take tell than thank thanks that the their theirs them themselves then there \
    these they thing things think this those through to too try trying uh um under understand until up upon us use used using ve \
    very via want wanted wants was way we well were what whatever when where whether which while who whom whose why will with won \
    wonder wondering would wouldn yeah yep yes yet you your yours yourself yourselves
    """,
    "fr":
      """
    a accord afin ai aie aient aies aimerais ainsi ait aller allez alors apres as assez au aucun aujourd aura aurai auraient \
    aurais aurait auras aurez auriez aurions aurons auront aussi autre autres aux avaient avais avait avant avec avez aviez avions \
    avoir avons ayant ayante ayantes ayants ayez ayons bah beaucoup ben besoin bien bon bonjour bonne bonsoir bref c ca ce ceci \
    cela celle celles celui ces cest cet cette ceux chaque chez combien comme comment contre d daccord dans de dehors deja demande \
    demander depuis des desole dire dis dit dites dois doit donc donne donner donnez du elle elles en encore entre es est et \
    etaient etais etait etant etante etantes etants ete etee etees etes etiez etions etre eu eue eues euh eumes eurent eus eusse \
    eussent eusses eussiez eussions eut eutes eux excusez existe faire fais faisait fait faites faut fera fois font fumes furent \
    fus fusse fussent fusses fussiez fussions fut futes hein hui ici il ils j jai jamais je jusque l la laquelle le lequel les \
    lesquels leur leurs lorsque lui m ma maintenant mais me meme memes merci mes mettre mien moi moins mon n ne ni non nos notre \
    nous on ont ou ouais oui par parce pardon parfait parle parler pas pendant peu peut peux plait plus plutot pour pourquoi \
    pourrais pourrait pourriez pouvez pouvoir prendre puis puisque qu quand que quel quelle quelles quelque quelques quels \
    question qui quil quoi revoir s sa sais sait salut sans savez savoir se sera serai seraient serais serait seras serez seriez \
    serions serons seront ses si sil sinon soient sois soit sommes son sont sous soyez soyons suis super sur svp t ta tant te tel \
    telle tellement tes toi ton toujours tous tout toute toutes tres trop trouver tu un une va vais vas vers veut veux voici voila \
    voir vont vos votre voudrais voulais voulez vouloir vous voyons vraiment vu y ya
    """,
    "de":
      """
    aber ah ahm alle allem allen aller alles als also am an ander andere anderem anderen anderer anderes anderm andern anderr \
    anders auch auf aus bei bin bis bist bitte da damit danke dann darf das dass dasselbe dazu dein deine deinem deinen deiner \
    deines dem demselben den denn denselben der derer derselbe derselben des desselben dessen dich die dies diese dieselbe \
    dieselben diesem diesen dieser dieses dir doch dort du durch durfen eigentlich ein eine einem einen einer eines einig einige \
    einigem einigen einiger einiges einmal er es etwa etwas euch euer eure eurem euren eurer eures frage fur gab geben gegen \
    gewesen gibt hab habe haben hallo hat hatte hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in \
    indem ins ist ja jede jedem jeden jeder jedes jene jenem jenen jener jenes jetzt kann kannst kein keine keinem keinen keiner \
    keines konnen konnt konnte konnten machen mal man manche manchem manchen mancher manches mein meine meinem meinen meiner \
    meines mich mir mit mochte mochten muss musste nach nein nicht nichts noch nun nur ob oder ohne sag sagen sehr sein seine \
    seinem seinen seiner seines selbst sich sie sind so solche solchem solchen solcher solches soll sollte sondern sonst uber um \
    und uns unse unsem unsen unser unses unter viel viele vom von vor wahrend wann war ware waren warst warum was weg weil weiss \
    weiter welch welche welchem welchen welcher welches wem wen wenn wer werde werden weshalb wessen wie wieder wieso wieviel will \
    wir wird wirst wissen wo wofur woher wohin wollen wollte womit worin wurde wurden zu zum zur zwar zwischen
    """,
    "es":
      """
    a al algo algunas algunos ante antes asi bueno cada como con contra cual cuales cuando cuanta cuantas cuanto cuantos cuya cuyo \
    de del desde dime donde durante e el ella ellas ellos en entonces entre era erais eramos eran eras eres es esa esas ese eso \
    esos esta estaba estabais estabamos estaban estabas estad estais estamos estan estando estar estara estaran estaras estare \
    estareis estaremos estaria estariais estariamos estarian estarias estas este esteis estemos esten estes esto estos estoy \
    estuve estuviera estuvierais estuvieramos estuvieran estuvieras estuvieron estuviese estuvieseis estuviesemos estuviesen \
    estuvieses estuvimos estuviste estuvisteis estuvo favor fue fuera fuerais fueramos fueran fueras fueron fuese fueseis fuesemos \
    fuesen fueses fui fuimos fuiste fuisteis gracias ha habeis habia habiais habiamos habian habias habida habidas habido habidos \
    habiendo habra habran habras habre habreis habremos habria habriais habriamos habrian habrias hace hacer hacia han has hasta \
    hay haya hayais hayamos hayan hayas he hemos hola hube hubiera hubierais hubieramos hubieran hubieras hubieron hubiese \
    hubieseis hubiesemos hubiesen hubieses hubimos hubiste hubisteis hubo la las le les lo los mas me mi mia mias mio mios mis \
    mucho muchos muy nada ni no nos nosotras nosotros nuestra nuestras nuestro nuestros o os otra otras otro otros para pero poco \
    por porque puede pueden puedo pues que quien quienes quiero quisiera saber se sea seais seamos sean seas segun sera seran \
    seras sere sereis seremos seria seriais seriamos serian serias si sin sintiendo sobre sois somos son soy su sus suya suyas \
    suyo suyos tal tambien tanto te tendra tendran tendras tendre tendreis tendremos tendria tendriais tendriamos tendrian \
    tendrias tened teneis tenemos tenga tengais tengamos tengan tengas tengo tenia teniais teniamos tenian tenias tenida tenidas \
    tenido tenidos teniendo ti tiene tienen tienes todo todos tu tus tuve tuviera tuvierais tuvieramos tuvieran tuvieras tuvieron \
    tuviese tuvieseis tuviesemos tuviesen tuvieses tuvimos tuviste tuvisteis tuvo tuya tuyas tuyo tuyos un una uno unos vez \
    vosostras vosostros vuestra vuestras vuestro vuestros y ya yo
    """,
    "it":
      """
    a abbia abbiamo abbiano abbiate ad agl agli ai al all alla alle allo allora anche ancora avemmo avendo avesse avessero avessi \
    avessimo aveste avesti avete aveva avevamo avevano avevate avevi avevo avra avrai avranno avrebbe avrebbero avrei avremmo \
    avremo avreste avresti avrete avro avuta avute avuti avuto c che chi ci ciao coi col come con contro cosa cui da dagl dagli \
    dai dal dall dalla dalle dallo degl degli dei del dell della delle dello di dov dove e ebbe ebbero ebbi ed era erano eravamo \
    eravate eri ero essendo essere fa faccia facciamo facciano facciate faccio facemmo facendo facesse facessero facessi facessimo \
    faceste facesti faceva facevamo facevano facevate facevi facevo fai fanno fara farai faranno fare farebbe farebbero farei \
    faremmo faremo fareste faresti farete faro favore fece fecero feci fosse fossero fossi fossimo foste fosti fu fui fummo furono \
    gli grazie ha hai hanno ho i il in io l la le lei li lo loro lui ma mi mia mie miei mio ne negl negli nei nel nell nella nelle \
    nello noi non nostra nostre nostri nostro o per perche pero piu posso possono puo quale quali quando quanta quante quanti \
    quanto quella quelle quelli quello questa queste questi questo quindi sapere sara sarai saranno sarebbe sarebbero sarei \
    saremmo saremo sareste saresti sarete saro se sei si sia siamo siano siate siete sono sta stai stando stanno stara starai \
    staranno starebbe starebbero starei staremmo staremo stareste staresti starete staro stava stavamo stavano stavate stavi stavo \
    stemmo stesse stessero stessi stessimo steste stesti stette stettero stetti stia stiamo stiano stiate sto su sua sue sugl \
    sugli sui sul sull sulla sulle sullo suo suoi ti tra tu tua tue tuo tuoi tutti tutto un una uno vi voi vorrei vostra vostre \
    vostri vostro
    """,
    "pt":
      """
    a ao aos aquela aquelas aquele aqueles aquilo as ate cada com como da das de dela delas dele deles depois do dos e ela elas \
    ele eles em entao entre era eram eramos essa essas esse esses esta estamos estao estas estava estavam estavamos este esteja \
    estejam estejamos estes esteve estive estivemos estiver estivera estiveram estiveramos estiverem estivermos estivesse \
    estivessem estivessemos estou eu favor fazer foi fomos for fora foram foramos forem formos fosse fossem fossemos fui gostaria \
    ha haja hajam hajamos hao havemos hei houve houvemos houver houvera houveram houveramos houverao houverei houverem houveremos \
    houveria houveriam houveriamos houvermos houvesse houvessem houvessemos isso isto ja lhe lhes mais mas me mesmo meu meus minha \
    minhas muito na nao nas nem no nos nossa nossas nosso nossos num numa o obrigado ola onde os ou para pela pelas pelo pelos \
    pode podem por porque posso quais qual quando quanta quantas quanto quantos que quem quero saber sao se seja sejam sejamos sem \
    ser sera serao serei seremos seria seriam seriamos seu seus so somos sou sua suas tambem te tem temos tenha tenham tenhamos \
    tenho tera terao terei teremos teria teriam teriamos teu teus teve tinha tinham tinhamos tive tivemos tiver tivera tiveram \
    tiveramos tiverem tivermos tivesse tivessem tivessemos tu tua tuas um uma voce voces vos
    """,
    "nl":
      """
    aan al alles als alstublieft altijd andere ben bij daar dan dank dat de der deze die dit doch doen door dus een eens en er \
    gaan gaat ge geen geweest graag haar had hallo heb hebben heeft hem het hier hij hoe hoeveel hun iemand iets ik in is ja je \
    kan kon kunnen maar mag me meer men met mij mijn moet na naar nee niet niets nog nu of om omdat onder ons ook op over reeds te \
    tegen toch toen tot u uit uw van veel voor waar waarom wanneer want waren was wat welke werd werden weten wezen wie wil willen \
    worden wordt zal ze zelf zich zij zijn zo zonder zou
    """,
    "ro":
      """
    a acea aceasta acel acest acesta aceste acesti ai al ale alt alta alti am are astfel atat au avea avut buna ca cand care carei \
    carora carui cat cata cate cati catre ce cea cei cel cele cine cu cum da daca dar de decat din dintr dintre doar doresc dupa \
    ea ei el ele era erau este eu fara fi fie fiecare foarte fost ii il in inainte intr intre isi la le lor lui ma mai mea mei \
    mele meu multumesc ne noi nu numai o ori orice pe pentru peste poate pot prin printr putea rog sa sai sale sau se si sub sunt \
    te toate tot toti tu un unde unei unui va voi vreau
    """,
    "ca":
      """
    aixo al als amb aquest aquesta aquestes aquests com de del dels el ell ella elles ells els em en ens entre era eren es estar \
    et gracies ha hi hola i jo la les mes meu meva molt no nosaltres o on per pero perque pot puc quan quant quanta quantes quants \
    que qui quin quina quines quins sense ser seu seus seva seves si sobre son tambe tu un una unes uns us va van vosaltres vull
    """,
  ]
}
